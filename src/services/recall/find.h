#pragma once
#include <vector>

#include "backends/postgres/tenant/tenants.h"
#include "base/uuid.h"
#include "services/gate/request_context.h"
#include "services/search/search.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// What a recall answers, and the memories that its event names.
struct FoundAnswer {
    somabrain::v1::RecallResponse response;
    std::vector<Uuid> targets;
};

/// Recall as far as its answer, by these weights: what is left is to record it, which
/// Recall::recall does and what the benchmark of that cost leaves out. Throws Error: what
/// Searcher::search throws. Thread-safe.
FoundAnswer find_answer(Searcher& searcher, const domain::ViewWeights& weights,
                        const RequestContext& context, const backends::TenantRow& tenant,
                        const somabrain::v1::RecallRequest& request);

}  // namespace soma::services
