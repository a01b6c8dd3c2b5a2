#pragma once
#include "backends/postgres/audit/audit_log.h"
#include "services/gate/admission.h"
#include "services/write/writer.h"
#include "somabrain/v1/audit.pb.h"

namespace soma::services {

/// What an auditor asks of the ledger, within their own tenant. Each answer has its event.
/// Thread-safe.
class Audit {
  public:
    Audit(backends::AuditLog& log, Writer& writer) : log_(log), writer_(writer) {}

    /// A page of the tenant's events. Throws invalid_argument at "/to" when no time is in the
    /// range, at "/cursor" for an id that is no event of the tenant.
    somabrain::v1::ListAuditEventsResponse events(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::ListAuditEventsRequest& request);

    /// That the event is under the newest checkpoint of its log. Throws not_found for an absent
    /// event and alike for another tenant's; unavailable when no checkpoint covers it yet, conflict
    /// when none ever will; internal when the store contradicts the checkpoint.
    somabrain::v1::ProveAuditEventResponse prove(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::ProveAuditEventRequest& request);

    /// A page of the checkpoints of all logs, the newest first. Throws invalid_argument at
    /// "/cursor" for what is no place in that list.
    somabrain::v1::ListCheckpointsResponse checkpoints(
        const RequestContext& context, const Admission& admission,
        const somabrain::v1::ListCheckpointsRequest& request);

  private:
    backends::AuditLog& log_;
    Writer& writer_;
};

}  // namespace soma::services
