#pragma once
#include <span>

#include "backends/postgres/connection.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// Queues the insert of a log's events, for whoever may insert them.
void queue_event_rows(Connection& connection, const Uuid& log_id,
                      std::span<const domain::PlannedEvent> events);

}  // namespace soma::backends
