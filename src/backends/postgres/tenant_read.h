#pragma once
#include "backends/postgres/connection.h"
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

}  // namespace soma::backends
