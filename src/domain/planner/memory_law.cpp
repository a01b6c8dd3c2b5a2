#include "domain/planner/memory_law.h"

#include <algorithm>

namespace soma::domain {

MemoryVerdict judge_memory(const RuleSet& rules, RequestFacts request,
                           std::span<const std::string_view> tags) {
    MemoryVerdict out;
    if (tags.empty()) {
        return out;
    }
    request.tags = {};
    const Verdict without = rules.evaluate(request);
    request.tags = tags;
    const Verdict with = rules.evaluate(request);
    if (with.denied_by != without.denied_by) {
        out.vetoed_by = with.denied_by;
    } else if (with.review_by != without.review_by) {
        out.vetoed_by = with.review_by;
    }
    out.penalty = std::max(0.0, with.penalty - without.penalty);
    if (out.penalty > 0) {
        out.penalised_by = with.penalised_by;
    }
    return out;
}

}  // namespace soma::domain
