#pragma once
#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues what a step of the law writes: a proposal, a signature, or a version with the pointer.
void queue_law(Connection& connection, const domain::PlannedLaw& law);

}  // namespace soma::backends
