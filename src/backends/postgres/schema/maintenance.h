#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"

namespace soma::backends {

/// Rows of one partition of `events`: a multiple of 65,536, so that tiles never cross partitions.
inline constexpr std::uint64_t kDefaultEventsPartitionRows = std::uint64_t{1} << 22;

/// A memory whose time to live has passed: to be removed through the committer, which owes the
/// event.
struct ExpiredMemory {
    Uuid tenant;
    Uuid memory;
};

/// Periodic work on the tables, safe to run from several processes. Thread-safe as its pool is.
class Maintenance {
  public:
    explicit Maintenance(ConnectionPool& pool) : pool_(pool) {}

    /// Keeps two partitions of `events` beyond the one in use. Returns how many it made.
    int keep_partitions_ahead(std::uint64_t partition_rows, const Deadline& deadline);
    /// Deletes idempotency keys past their lifetime and evaluations past their time. Returns how
    /// many rows.
    std::uint64_t prune(Time now, std::chrono::hours idempotency_lifetime,
                        const Deadline& deadline);
    std::vector<ExpiredMemory> expired_memories(Time now, int limit, const Deadline& deadline);
    /// Tenants after this one, by id, that last learnt under an older law than this version.
    std::vector<Uuid> learnt_under_older_law(std::uint64_t version, const Uuid& after, int limit,
                                             const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
