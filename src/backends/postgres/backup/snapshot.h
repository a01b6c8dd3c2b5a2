#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "backends/postgres/backup/tables.h"
#include "backends/postgres/connection.h"
#include "domain/backup/manifest.h"

namespace soma::backends {

/// The whole database as one moment shows it, while others go on writing. Logs in as soma_owner's
/// login. For one thread.
class Snapshot {
  public:
    /// Begins the transaction. Throws Error(unavailable) unless the schema is this program's.
    Snapshot(ConnectionSettings settings, const Deadline& deadline);

    const std::vector<CopiedTable>& tables() const { return tables_; }
    const domain::LogHead& log() const { return log_; }

    /// Hands on a table's rows as binary COPY writes them; returns how many.
    std::uint64_t copy(const CopiedTable& table, const std::function<void(std::string_view)>& take);

  private:
    Deadline deadline_;
    std::unique_ptr<Connection> connection_;
    std::vector<CopiedTable> tables_;
    domain::LogHead log_;
};

/// Where the log stands. Throws Error(internal) when its last event is missing.
domain::LogHead read_log_head(Connection& connection, const Deadline& deadline);

}  // namespace soma::backends
