#pragma once
#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues the deletion of removed memories' links, then the links that were put. The tenant is set.
void queue_links(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes);

}  // namespace soma::backends
