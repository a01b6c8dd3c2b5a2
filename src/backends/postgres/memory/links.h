#pragma once
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/link.h"

namespace soma::backends {

/// A link from a row of from_id, to_id, type, weight, reinforced_at, created_at, sequence,
/// log_index, gain.
domain::Link read_link(const RowView& row);

/// Reads `links` of one tenant under row-level security. Thread-safe as its pool is.
class Links {
  public:
    explicit Links(ConnectionPool& pool) : pool_(pool) {}

    /// The memory's links in both directions, the last said first, without those whose other end
    /// has expired at `now`.
    std::vector<domain::Link> of(const Uuid& tenant, const Uuid& memory, int limit, Time now,
                                 const Deadline& deadline);
    /// The links that these memories are an end of, in order of from, to and type.
    std::vector<domain::Link> around(const Uuid& tenant, const std::vector<Uuid>& memories,
                                     int limit, const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
