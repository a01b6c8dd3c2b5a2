#pragma once
#include <map>
#include <string>
#include <vector>

#include "backends/embedder/embedder.h"
#include "backends/postgres/memory/memories.h"
#include "domain/planner/plans.h"
#include "services/adaptation/weights.h"
#include "services/commit/committer.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "somabrain/v1/brain.pb.h"

namespace soma::services {

/// How goals are reached over `depends_on` links. Thread-safe.
class Planner {
  public:
    Planner(backends::Memories& memories, const Weights& weights, Keyring& keyring,
            backends::Embedder& embedder, Committer& committer, UuidGenerator& ids)
        : memories_(memories),
          weights_(weights),
          keyring_(keyring),
          embedder_(embedder),
          committer_(committer),
          ids_(ids) {}

    /// Every memory the goals depend on, near and far, each after what it needs; of these the first
    /// ones alone where a token budget or a price speaks for that (domain/planner/plans.h). The law
    /// is asked of all of them, whatever is left out. Throws Error:
    /// invalid_argument at "/goals" (one named twice, more than 100 steps or 1,000 links),
    /// not_found at the goal that is no memory, conflict at "/goals" that names the ids of a ring
    /// of dependencies, permission_denied (a step's tags, with the article;
    /// domain::UtilityRefusal).
    somabrain::v1::PlanResponse plan(const RequestContext& context, const Admission& admission,
                                     const somabrain::v1::PlanRequest& request);

  private:
    struct Draft;

    Draft load(const RequestContext& context, const Admission& admission,
               const somabrain::v1::PlanRequest& request);
    /// The `depends_on` links from `front` on; whom they lead to joins the draft.
    std::vector<domain::Link> follow(const RequestContext& context, const Admission& admission,
                                     std::vector<Uuid> front, Draft& draft);
    void add_steps(const RequestContext& context, const Admission& admission,
                   const std::vector<Uuid>& ids, Draft& draft);
    domain::Choice choose(const somabrain::v1::PlanRequest& request, const Draft& draft,
                          const std::vector<domain::OrderedStep>& order,
                          const domain::UtilityFigures& figures) const;
    void put_steps(const Draft& draft, const std::vector<domain::OrderedStep>& order,
                   const domain::Candidate& chosen, somabrain::v1::PlanResponse& response) const;
    void record(const RequestContext& context, const Admission& admission,
                const domain::Theta& theta, const somabrain::v1::PlanRequest& request,
                const somabrain::v1::PlanResponse& response);

    backends::Memories& memories_;
    const Weights& weights_;
    Keyring& keyring_;
    backends::Embedder& embedder_;
    Committer& committer_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
