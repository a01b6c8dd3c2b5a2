#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "backends/postgres/connection.h"
#include "domain/ledger/retention/partition.h"

namespace soma::backends {

/// The ledger's table by its partitions, as soma_owner sees it: all tenants' events. For one
/// thread. Throws Error.
class Partitions {
  public:
    /// Throws Error(unavailable) unless the schema is this program's.
    Partitions(ConnectionSettings settings, const Deadline& deadline);

    domain::OldestPartition oldest(const Deadline& deadline);
    /// The present log and, newest first, those before it that PostgreSQL still tells of: a log's
    /// first event names the one that was restored.
    std::vector<domain::LogExtent> logs(const Deadline& deadline);
    /// Size of the newest checkpoint that the service knows to lie in object storage; 0: none.
    std::uint64_t archived_checkpoint(const Uuid& log_id, const Deadline& deadline);

    /// Drops the oldest partition, which begins there. Throws Error(unavailable) when somebody
    /// reads the table for longer than a second: writers would wait behind us.
    void drop(std::uint64_t first_index, const Deadline& deadline);

  private:
    std::unique_ptr<Connection> connection_;
};

}  // namespace soma::backends
