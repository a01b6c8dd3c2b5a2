#pragma once
#include <optional>
#include <type_traits>

#include "backends/postgres/connection.h"
#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"

namespace soma::backends {

/// Queues the beginning of a read-only transaction on one snapshot, in which row-level security
/// shows this tenant's rows: two results. Ends with `end_tenant_read` or the session's rollback.
void begin_tenant_read(Connection& connection, const Uuid& tenant);
void end_tenant_read(Connection& connection);

/// One statement in such a transaction, in one round trip.
Result read_for_tenant(Connection& connection, const Uuid& tenant, const Statement& statement,
                       const Params& params, const Deadline& deadline);

/// The same on a session of the pool, for a statement that finds one row or none: `read` makes of
/// it what is returned.
template <typename Read>
auto find_for_tenant(ConnectionPool& pool, const Uuid& tenant, const Statement& statement,
                     const Params& params, const Deadline& deadline, const Read& read) {
    using Found = std::optional<std::invoke_result_t<Read, const RowView&>>;
    return pool.run(deadline, [&](Connection& connection) -> Found {
        const Result result = read_for_tenant(connection, tenant, statement, params, deadline);
        return result.rows() == 0 ? Found() : Found(read(result.row(0)));
    });
}

}  // namespace soma::backends
