#pragma once
#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues the inserts of a tenant's feedback and of its token usage, if there are any. The tenant
/// is set.
void queue_feedback(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes);

/// Queues the marks of the sessions that ended, if any did. The tenant is set.
void queue_ended_sessions(Connection& connection, const Uuid& tenant,
                          const domain::TenantWrites& writes);

}  // namespace soma::backends
