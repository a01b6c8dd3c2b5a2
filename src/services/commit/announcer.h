#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "domain/ledger/plan.h"
#include "domain/memory/applied_change.h"
#include "services/commit/queue.h"

namespace soma::services {

/// A transaction whose COMMIT was answered: `plan` is of group->intents from `first` on.
struct DurableGroup {
    std::shared_ptr<CommitGroup> group;
    std::size_t first = 0;
    domain::Plan plan;
};

/// Tells of durable groups, in commit order, on a thread of its own: first the projections, then
/// the callers. Waking callers takes about as long as PostgreSQL takes for the next transaction, so
/// the two happen at once. Thread-safe; one thread announces.
class Announcer {
  public:
    /// Whether the announcing thread has anything else to do meanwhile.
    enum class Committing : std::uint8_t { goes_on, rests };

    using Projection = std::function<void(const domain::AppliedChange&)>;

    ~Announcer() { stop(); }

    /// Only before start().
    void add(Projection projection) { projections_.push_back(std::move(projection)); }
    void start();
    /// Waits while two groups are untold: a projection that lags slows the writes down. A thread
    /// that rests tells of a short group itself: waking another one would take longer.
    void announce(DurableGroup durable, Committing committing);
    /// Returns when everybody has been told.
    void wait_until_told();
    /// Tells what is left, then ends the thread. Idempotent.
    void stop();

  private:
    void run();
    void tell(DurableGroup& durable) noexcept;

    std::vector<Projection> projections_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<DurableGroup> untold_;
    bool telling_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace soma::services
