#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "domain/backup/manifest.h"

namespace soma::backends {

/// One file of migrations/, compiled in. Its number is its place in migrations(), from 1.
struct Migration {
    std::string_view name;  ///< without ".sql": "0001_tenants"
    std::string_view sql;
};

/// All of them, by number.
const std::vector<Migration>& migrations();

/// The form these make: what a backup must be of.
domain::SchemaVersion schema_version();

/// Applies what is missing, each file in a transaction of its own, one process at a time (advisory
/// lock), then sees to it that `events` has its partitions. Returns the names applied. Throws
/// Error(conflict) when an applied file has changed since (checksum) or the database has migrations
/// this binary does not know. `settings` are the migration login's, with role "soma_owner".
std::vector<std::string> migrate(const ConnectionSettings& settings,
                                 std::uint64_t events_partition_rows, const Deadline& deadline);

/// Throws Error(unavailable) unless the database has exactly this binary's migrations. Works as
/// soma_app.
void check_schema(Connection& connection, const Deadline& deadline);

}  // namespace soma::backends
