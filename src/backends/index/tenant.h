#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "backends/index/index.h"

namespace soma::backends {

/// One tenant's corpus and where it is in its life. Two locks: `mutex` guards the phase and is the
/// turnstile every reader and writer passes; `corpus_lock` is held by leases (shared) and changes
/// (exclusive). A writer keeps `mutex` while it waits for leases to end, so new readers queue
/// behind it. Order: mutex before corpus_lock, and a lease never takes mutex.
struct Index::Tenant {
    enum class Phase : std::uint8_t {
        absent,   ///< never loaded, failed, or fell behind a gap: the next read loads it
        loading,  ///< a load is queued or running; changes wait in `pending`
        ready,
        evicted,  ///< out of the index: readers look the tenant up again
    };

    explicit Tenant(const Uuid& tenant_id) : id(tenant_id) {}

    const Uuid id;
    std::mutex mutex;
    std::condition_variable changed;  ///< phase, sequence or failures moved
    Phase phase = Phase::absent;
    std::deque<domain::AppliedChange> pending;
    bool pending_overflowed = false;
    std::uint64_t failures = 0;  ///< loads that failed
    std::string failure;         ///< the last one's reason, for the log

    std::shared_mutex corpus_lock;
    domain::Corpus corpus;
    std::uint64_t sequence = 0;  ///< written under both locks: read under either

    // What the index reads without any tenant's lock.
    std::atomic<std::uint64_t> last_read = 0;
    std::atomic<std::size_t> bytes = 0;
    std::atomic<std::size_t> memories = 0;

    enum class Outcome : std::uint8_t { applied, repeated, gap };
    /// Applies one change to the corpus. Both locks are held.
    Outcome follow(const domain::AppliedChange& change);
    /// Puts a loaded corpus in place and catches up with `pending`. Takes both locks.
    Outcome finish_load(domain::Corpus loaded, std::uint64_t loaded_sequence);
    void fail_load(const std::string& reason);

  private:
    void count();
};

}  // namespace soma::backends
