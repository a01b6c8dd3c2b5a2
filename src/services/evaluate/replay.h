#pragma once
#include "backends/embedder/embedder.h"
#include "backends/postgres/memory/memories.h"
#include "services/commit/committer.h"
#include "services/evaluate/answer.h"
#include "services/evaluate/open_evaluation.h"
#include "services/evaluate/working_memory.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "somabrain/v1/brain.pb.h"

namespace soma::services {

/// Gives an evaluation's answer once more, from its sealed record and from what that names: not the
/// search, but every number and text that followed from it. Thread-safe.
class Replay {
  public:
    Replay(backends::Evaluations& evaluations, backends::Memories& memories,
           WorkingMemoryStore& working_memory, Keyring& keyring, backends::Embedder& embedder,
           Committer& committer, UuidGenerator& ids)
        : evaluations_(evaluations),
          memories_(memories),
          working_memory_(working_memory),
          keyring_(keyring),
          embedder_(embedder),
          committer_(committer),
          ids_(ids) {}

    /// Byte for byte what evaluate answered, the digest compared. Throws Error: not_found (no such
    /// evaluation of this tenant, expired or erased), conflict, saying why, when it is
    /// unreplayable: what it rested on was deleted, erased, has expired or was embedded anew.
    somabrain::v1::EvaluateResponse replay(const RequestContext& context,
                                           const Admission& admission,
                                           const somabrain::v1::ReplayRequest& request);

  private:
    OpenedEvaluation load(const RequestContext& context, const Admission& admission,
                          const Uuid& id);
    Evaluated rebuild(const RequestContext& context, const Admission& admission,
                      const domain::EvaluationRecord& record);
    std::vector<FoundMemory> memories_of(const RequestContext& context, const Admission& admission,
                                         const domain::EvaluationRecord& record);
    std::vector<domain::WorkingMemory> session_of(const RequestContext& context,
                                                  const Admission& admission,
                                                  const domain::EvaluationRecord& record);
    void record(const RequestContext& context, const Admission& admission,
                const OpenedEvaluation& kept, const somabrain::v1::ReplayRequest& request,
                const somabrain::v1::EvaluateResponse& response);

    backends::Evaluations& evaluations_;
    backends::Memories& memories_;
    WorkingMemoryStore& working_memory_;
    Keyring& keyring_;
    backends::Embedder& embedder_;
    Committer& committer_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
