#pragma once
#include <chrono>

#include "domain/context/evaluation_record.h"
#include "services/adaptation/weights.h"
#include "services/commit/committer.h"
#include "services/evaluate/answer.h"
#include "services/evaluate/working_memory.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "services/search/search.h"
#include "somabrain/v1/brain.pb.h"
#include "telemetry/parts.h"

namespace soma::services {

/// What an agent asks before it acts: working memory, candidates, bundle, record. Thread-safe.
class Evaluate {
  public:
    Evaluate(Searcher& searcher, Weights& weights, WorkingMemoryStore& working_memory,
             Keyring& keyring, backends::Embedder& embedder, Committer& committer,
             UuidGenerator& ids, telemetry::Parts& parts, std::chrono::seconds record_lifetime)
        : searcher_(searcher),
          weights_(weights),
          working_memory_(working_memory),
          keyring_(keyring),
          embedder_(embedder),
          committer_(committer),
          ids_(ids),
          parts_(parts),
          record_lifetime_(record_lifetime) {}

    /// Returns once the evaluation's event and sealed record are durable. Throws Error: what
    /// Searcher::search throws, and permission_denied (domain::UtilityRefusal) where the planned
    /// action's utility is below the law's minimum.
    somabrain::v1::EvaluateResponse evaluate(const RequestContext& context,
                                             const Admission& admission,
                                             const somabrain::v1::EvaluateRequest& request);

  private:
    struct Situation;

    Situation load(const RequestContext& context, const Admission& admission,
                   const somabrain::v1::EvaluateRequest& request);
    void choose(const Admission& admission, const somabrain::v1::EvaluateRequest& request,
                Evaluated& parts);
    void record(const RequestContext& context, const Admission& admission,
                const somabrain::v1::EvaluateRequest& request, const Situation& situation,
                const Uuid& id, const somabrain::v1::EvaluateResponse& response);

    Searcher& searcher_;
    Weights& weights_;
    WorkingMemoryStore& working_memory_;
    Keyring& keyring_;
    backends::Embedder& embedder_;
    Committer& committer_;
    UuidGenerator& ids_;
    telemetry::Parts& parts_;
    std::chrono::seconds record_lifetime_;
};

}  // namespace soma::services
