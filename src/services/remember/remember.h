#pragma once
#include "services/commit/committer.h"
#include "services/evaluate/working_memory.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "services/remember/prepare.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// The stories of writing: prepare (pure but for keys and vectors), commit, answer. Each returns
/// once its effect is durable and the index has it, so that a client reads its own writes.
/// Thread-safe. All throw Error: invalid_argument, idempotency_reused, unavailable.
class Remember {
  public:
    Remember(Preparer& preparer, Keyring& keyring, Committer& committer,
             WorkingMemoryStore& working_memory, UuidGenerator& ids)
        : preparer_(preparer),
          keyring_(keyring),
          committer_(committer),
          working_memory_(working_memory),
          ids_(ids) {}

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
    std::optional<domain::IdempotencyClaim> claim(const RequestContext& context,
                                                  const Admission& admission,
                                                  const google::protobuf::Message& request);
    domain::Intent intent_of(const RequestContext& context, const Admission& admission,
                             std::vector<Prepared> prepared);
    template <class Response>
    Response commit(const RequestContext& context, const Admission& admission,
                    domain::Intent intent, const std::vector<SessionTurn>& turns, int status);
    /// A repeated request changes nothing, but its answer owes an event like every other.
    void record_replay(const RequestContext& context, const Admission& admission, int status);

    Preparer& preparer_;
    Keyring& keyring_;
    Committer& committer_;
    WorkingMemoryStore& working_memory_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
