#pragma once
#include "services/evaluate/working_memory.h"
#include "services/gate/admission.h"
#include "services/remember/prepare.h"
#include "services/write/writer.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// The stories of writing: prepare (pure but for keys and vectors), commit, answer. Each returns
/// once its effect is durable and the index has it, so that a client reads its own writes.
/// Thread-safe. All throw Error: invalid_argument, idempotency_reused, unavailable.
class Remember {
  public:
    Remember(Preparer& preparer, Writer& writer, WorkingMemoryStore& working_memory)
        : preparer_(preparer), writer_(writer), working_memory_(working_memory) {}

    somabrain::v1::RememberResponse one(const RequestContext& context, const Admission& admission,
                                        const somabrain::v1::RememberRequest& request);
    /// All items or none.
    somabrain::v1::RememberBatchResponse batch(const RequestContext& context,
                                               const Admission& admission,
                                               const somabrain::v1::RememberBatchRequest& request);
    /// Throws not_found for an absent memory, and alike for another tenant's.
    somabrain::v1::DeleteMemoryResponse forget(const RequestContext& context,
                                               const Admission& admission,
                                               const somabrain::v1::DeleteMemoryRequest& request);

  private:
    domain::Intent intent_of(const RequestContext& context, const Admission& admission,
                             std::vector<Prepared> prepared);
    Preparer& preparer_;
    Writer& writer_;
    WorkingMemoryStore& working_memory_;
};

}  // namespace soma::services
