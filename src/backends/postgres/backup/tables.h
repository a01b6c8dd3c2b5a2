#pragma once
#include <string>
#include <vector>

#include "backends/postgres/connection.h"
#include "base/time.h"

namespace soma::backends {

/// A table whose rows are backed up. Names are our schema's own: lower-case letters, digits, "_".
struct CopiedTable {
    std::string name;
    std::vector<std::string> columns;
    bool forced = false;  ///< row-level security binds its owner, too

    /// "a, b, c"
    std::string column_list() const;
};

/// All of them, a table after those its foreign keys name. Throws Error(internal) when there is one
/// whose rows the owner cannot see.
std::vector<CopiedTable> tables_to_copy(Connection& connection, const Deadline& deadline);

}  // namespace soma::backends
