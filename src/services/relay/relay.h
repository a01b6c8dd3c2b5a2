#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backends/kafka/admin.h"
#include "backends/kafka/transactional_producer.h"
#include "backends/postgres/relay/event_source.h"
#include "domain/ledger/relay/batch.h"
#include "domain/ledger/relay/resume.h"
#include "services/background/background_thread.h"

namespace soma::services {

/// The topics as they must be.
std::vector<backends::KafkaTopic> relay_topics();

struct RelaySettings {
    backends::ConnectionSettings postgres;  ///< the login of soma_relay
    backends::KafkaSettings kafka;
    domain::BatchLimits batch;
    std::chrono::milliseconds period{250};             ///< from a short batch to the next look
    std::chrono::milliseconds timeout{10'000};         ///< for each step: a read, a commit
    std::chrono::milliseconds resume_timeout{60'000};  ///< to find the last records
    std::chrono::milliseconds stand_by{1'000};         ///< between two looks for one's turn
    std::chrono::milliseconds retry{200};              ///< after a failure, doubled up to
    std::chrono::milliseconds longest_retry{5'000};
    /// For crash drills and specs/ledger: told "begun" by a producer that has fenced the former,
    /// "resume AT TOPIC:PARTITION=INDEX ..." with the last records that were found, "send FROM END"
    /// before a transaction, "sent FROM END" after it was answered, "failed" before all of it
    /// begins anew.
    std::function<void(const std::string& line)> trace;
};

enum class RelayState { starting, standing_by, relaying, failing };

/// What /ready says of it.
struct RelayHealth {
    RelayState state = RelayState::starting;
    std::string trouble;  ///< of the last session that failed; empty while it relays
};

/// Carries every event of the ledger to Kafka, in order, each to its topics, in a thread of its
/// own. Thread-safe.
class Relay {
  public:
    explicit Relay(RelaySettings settings) : settings_(std::move(settings)) {}

    void start();
    /// Ends within a step's timeout; what was not committed comes with the next start.
    void stop() { thread_.stop(); }
    RelayHealth health() const;

  private:
    void run(const std::stop_token& stop);
    /// From a fresh beginning until something fails (Error) or it is stopped.
    void session(const std::stop_token& stop);
    /// False: it is being stopped.
    bool wait_for_turn(backends::EventSource& source, const std::stop_token& stop);
    domain::Resume find_place(const domain::LogSpan& log,
                              backends::TransactionalProducer& producer);
    /// Until the log is another one.
    void carry(backends::EventSource& source, backends::TransactionalProducer& producer,
               const domain::LogSpan& log, const domain::Resume& resume,
               const std::stop_token& stop);
    void write(std::span<const domain::RelayedEvent> batch, const domain::Resume& resume,
               backends::TransactionalProducer& producer);
    void note_lag(const backends::EventPage& page, std::size_t written);
    /// Looks at the ledger alone: the lag grows while Kafka is down.
    void look_at_lag();
    void trace(const std::string& line) const;
    void trace_place(const domain::Resume& resume) const;
    void set_state(RelayState state, std::string trouble = "");
    Deadline step() const { return Deadline(settings_.timeout); }

    const RelaySettings settings_;
    std::optional<std::uint64_t> next_;  ///< index to be relayed next, as last known; the thread's

    mutable std::mutex mutex_;
    RelayHealth health_;
    BackgroundThread thread_;
};

}  // namespace soma::services
