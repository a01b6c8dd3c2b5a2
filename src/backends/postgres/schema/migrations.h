#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/connection.h"
#include "base/time.h"

namespace soma::backends {

/// One file of migrations/, compiled in: "0001_core.sql" is number 1, name "core".
struct Migration {
    int number;
    std::string_view name;
    std::string_view sql;
};

/// All of them, by number, dense from 1.
const std::vector<Migration>& migrations();

/// Applies what is missing, each file in a transaction of its own, one process at a time (advisory
/// lock). Returns the names applied. Throws Error(conflict) when an applied file has changed since
/// (checksum) or the database has migrations this binary does not know. Needs the migration login.
std::vector<std::string> migrate(const ConnectionSettings& settings, const Deadline& deadline);

/// Throws Error(unavailable) unless the database has exactly this binary's migrations. Works as
/// soma_app.
void check_schema(Connection& connection, const Deadline& deadline);

}  // namespace soma::backends
