#include "services/recall/find.h"

#include <optional>
#include <string>

#include "base/error.h"
#include "domain/retrieval/coverage.h"
#include "services/gate/request_reader.h"
#include "services/recall/answer.h"

namespace soma::services {
namespace {

/// recall's answer is at most 1 MiB of JSON; what is not results takes less than the rest.
constexpr std::size_t kMaxAnswerBytes = (1u << 20) - 1024;

/// Says whether anything is known, and returns whether results may be shown: the caller may rather
/// have none than poor ones.
bool say_coverage(const somabrain::v1::RecallRequest& request,
                  const std::optional<double>& coverage, somabrain::v1::RecallResponse& response) {
    if (!coverage) {
        if (request.has_min_coverage()) {
            throw invalid("/min_coverage", "needs a query with text, and a vector of it");
        }
        return true;
    }
    const double least = request.has_min_coverage() ? request.min_coverage() : domain::kKnownFrom;
    response.set_coverage(*coverage);
    response.set_known(*coverage >= least);
    return response.known() || !request.has_min_coverage();
}

}  // namespace

FoundAnswer find_answer(Searcher& searcher, const domain::ViewWeights& weights,
                        const RequestContext& context, const backends::TenantRow& tenant,
                        const somabrain::v1::RecallRequest& request) {
    if (request.query().empty() && request.embedding().empty()) {
        throw invalid("/query", "or embedding is needed");
    }
    const std::vector<std::string> views(request.views().begin(), request.views().end());
    const int top_k = request.has_top_k() ? request.top_k() : kDefaultTopK;
    auto found =
        searcher.search(tenant,
                        {.text = request.query(),
                         .embedding = {request.embedding().data(),
                                       static_cast<std::size_t>(request.embedding_size())},
                         .views = views,
                         .weights = weights,
                         .top_k = static_cast<std::size_t>(top_k),
                         .scope = {.filter = request.filter(),
                                   .valid_at = request.valid_at(),
                                   .as_of = request.as_of(),
                                   .at_least = request.at_least()},
                         .explained = request.explain() ? domain::all_modules : domain::Modules{}},
                        context.now, context.deadline);
    FoundAnswer out;
    if (!say_coverage(request, found.coverage, out.response)) {
        found.memories.clear();
    }
    for (const auto& memory : found.memories) {
        *out.response.add_results() = recalled(memory, request.explain());
        out.targets.push_back(memory.hit.id);
    }
    fit(*out.response.mutable_results(), kMaxAnswerBytes, *out.response.mutable_capped());
    out.response.set_state_token(found.state.to_string());
    return out;
}

}  // namespace soma::services
