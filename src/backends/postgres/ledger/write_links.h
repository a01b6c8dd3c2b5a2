#pragma once
#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues verdicts that are to flow, the deletion of removed memories' links and verdicts, the
/// links that were put, and what a batch of currents made of them. The tenant is set.
void queue_links(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes);

}  // namespace soma::backends
