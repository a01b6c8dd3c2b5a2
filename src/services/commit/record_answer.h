#pragma once
#include <chrono>

#include "base/time.h"
#include "domain/ledger/intent.h"
#include "services/commit/committer.h"

namespace soma::services {

/// So long PostgreSQL may take before an answer's event goes to the buffer instead.
inline constexpr std::chrono::milliseconds kLedgerPatience{500};

/// Makes the event of an answer that changes nothing durable, and returns then: in the ledger, or,
/// while PostgreSQL does not answer, in the buffer, from where it is replayed. `event` has no
/// tenant and no stream yet. Throws Error unavailable when neither takes it by the deadline.
/// Whether the event was then written is all one to the caller, who has no key to repeat it with.
/// Thread-safe.
void record_answer(Committer& committer, const domain::TenantStreams& tenant, Time now,
                   domain::EventDraft event, const Deadline& deadline);

/// What a read may wait for PostgreSQL's rows: while it does not answer, no longer than for its
/// event. A worker that waits for it serves nobody who could go on without.
Deadline rows_deadline(Committer& committer, const Deadline& deadline);

}  // namespace soma::services
