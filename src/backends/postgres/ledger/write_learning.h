#pragma once
#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues the inserts of what a tenant's weights learnt, if anything. The tenant is set.
void queue_learning(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes);

}  // namespace soma::backends
