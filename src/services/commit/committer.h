#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string_view>

#include "backends/postgres/connection.h"
#include "backends/redis/audit_stream.h"
#include "domain/ledger/intent.h"
#include "domain/memory/applied_change.h"
#include "services/commit/outage.h"

namespace soma::services {

/// Limits of the committer; the defaults are design values, not tuning.
struct CommitterOptions {
    std::size_t queue_limit = 1'024;  ///< intents waiting; more are refused
    std::size_t group_intents = 256;  ///< intents in one transaction
    std::size_t group_rows = 4'096;   ///< rows in one transaction; a larger intent goes alone
    std::chrono::milliseconds transaction_timeout{5'000};
    std::chrono::hours idempotency_lifetime{24};  ///< how long a key replays its answer
    /// Where answers' events wait when PostgreSQL does not answer; null: nowhere. Must outlive the
    /// committer's last record_answer().
    backends::AuditStream* buffer = nullptr;
    /// Receives "commit N sent: intents K, log size S, read|presumed, events ID ..." just before
    /// COMMIT leaves, and "commit N answered|refused|lost" after, for tests that kill a process
    /// between the two and for specs/ledger. Empty: off. Called on the committer's thread.
    std::function<void(std::string_view)> trace;
};

/// Totals since the start.
struct CommitterCounters {
    std::uint64_t groups = 0;      ///< transactions committed
    std::uint64_t intents = 0;     ///< intents answered by them
    std::uint64_t rows = 0;        ///< rows they wrote
    std::uint64_t events = 0;      ///< those of them that are events
    std::uint64_t retries = 0;     ///< groups that were retried, whole or item by item
    std::uint64_t unknown = 0;     ///< intents whose COMMIT was sent and never answered
    std::uint64_t failed = 0;      ///< intents that ended in an Error, `unknown` included
    std::uint64_t expired = 0;     ///< intents whose deadline passed in the queue
    std::uint64_t refused = 0;     ///< intents refused because the queue was full
    std::uint64_t reconnects = 0;  ///< sessions opened
    std::uint64_t queued = 0;      ///< waiting now
};

/// The only writer of sequences: one per process. Takes what is queued as soon as its last commit
/// is answered, never waits for company, and writes the group in one Postgres transaction. The
/// COMMIT's answer is the only acknowledgement.
///
/// An intent's future holds its Outcome, or an Error: `unavailable` (queue full, Postgres down,
/// stopping, or, saying so, the outcome of COMMIT unknown), `deadline_exceeded` (passed while
/// queued; nothing was written), or what is wrong with the intent itself. Thread-safe.
class Committer {
  public:
    using OnCommitted = std::function<void(const domain::AppliedChange&)>;

    explicit Committer(backends::ConnectionSettings settings, CommitterOptions options = {});
    /// stop()s.
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    /// Projections, called in commit order on a thread of their own after COMMIT is answered and
    /// before the intent's future is fulfilled. They must not throw. Only before start().
    void on_committed(OnCommitted callback);
    void start();
    /// Lets the transaction in flight end, fails what is queued. Idempotent.
    void stop();

    std::future<domain::Outcome> submit(domain::Intent intent);

    CommitterCounters counters() const;
    /// Null: there is none.
    backends::AuditStream* buffer() const;
    /// Whether PostgreSQL answers; a transaction that is answered ends an outage.
    Outage& outage();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace soma::services
