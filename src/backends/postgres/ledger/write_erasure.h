#pragma once
#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues the deletion of a subject's rows and what becomes of its erasure, or the erasure's
/// receipt, if there is either. The tenant is set.
void queue_erasure(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes);

}  // namespace soma::backends
