#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/checkpoints/checkpoints.h"
#include "backends/witness/witness_client.h"
#include "base/time.h"
#include "domain/ledger/merkle/note.h"
#include "services/background/background_thread.h"

namespace soma::services {

struct WitnessingSettings {
    std::string url;                    ///< of the witness; empty: there is none
    std::string ca_file;                ///< for https; empty: the system's
    std::vector<domain::NoteKey> keys;  ///< whose cosignatures count
    /// Longer than the witness takes to give up (5 s): a request it has not answered by
    /// then is over, and the next one does not race it.
    std::chrono::milliseconds answer_time{6'000};
    std::chrono::milliseconds again{1'000};  ///< after a failure
};

/// A checkpoint as signed and stored, whose tree the witness is to see.
struct SignedTree {
    backends::LogState log;
    std::uint64_t size = 0;
    std::string note;
};

/// What /ready and the metrics say of it.
struct WitnessingHealth {
    std::uint64_t witnessed_leaves = 0;
    std::string trouble;  ///< why the newest checkpoint is not cosigned; empty: nothing is wrong
};

/// Asks the witness for the newest checkpoint's cosignature and stores it, in a thread and a
/// session of its own: whoever signs and whoever serves never waits for it. Checkpoints that came
/// while it was away are skipped; the newest one covers them. Thread-safe.
class Witnessing {
  public:
    Witnessing(WitnessingSettings settings, backends::ConnectionSettings database)
        : settings_(std::move(settings)),
          store_(std::move(database)),
          client_(settings_.url, settings_.ca_file) {}

    bool has_witness() const { return !settings_.url.empty(); }

    /// Takes the place of what was offered before. nullopt: this process does not sign any more.
    void offer(std::optional<SignedTree> tree);
    /// Of that log, the newest checkpoint with a cosignature that this process knows.
    std::optional<backends::NoteRow> newest(const Uuid& log_id) const;

    /// One attempt for what is offered. Never throws: what went wrong is health().
    void round(const Deadline& deadline);
    WitnessingHealth health() const;

    void start();
    void stop() { thread_.stop(); }

  private:
    void witness(const SignedTree& tree, const Deadline& deadline);
    /// What it answers to the proof that it has to be given; nullopt: somebody else signs by now.
    std::optional<std::string> ask(const SignedTree& tree, std::uint64_t old_size,
                                   const Deadline& deadline);
    void observe(const SignedTree& tree, std::uint64_t first_new, const Deadline& deadline);
    void remember(const Uuid& log_id, backends::NoteRow row);
    void report(const std::string& trouble);
    void run(const std::stop_token& stop);

    const WitnessingSettings settings_;

    std::mutex rounds_;  ///< one round at a time; guards these
    backends::Checkpoints store_;
    backends::WitnessClient client_;

    mutable std::mutex mutex_;  ///< guards these
    std::condition_variable_any offered_;
    bool due_ = false;
    std::optional<SignedTree> tree_;
    Uuid witnessed_log_;
    std::optional<backends::NoteRow> witnessed_;
    std::string trouble_;
    BackgroundThread thread_;
};

}  // namespace soma::services
