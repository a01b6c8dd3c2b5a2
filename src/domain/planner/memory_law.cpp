#include "domain/planner/memory_law.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace soma::domain {

MemoryLaw::MemoryLaw(const RuleSet& rules, const RequestFacts& request)
    : rules_(rules), request_(request) {
    request_.tags = {};
    if (rules.weighs_tags(request_)) {
        without_ = rules.evaluate(request_);
    }
}

MemoryVerdict MemoryLaw::judge(std::span<const std::string> tags) const {
    MemoryVerdict out;
    if (!without_ || tags.empty()) {
        return out;
    }
    const std::vector<std::string_view> views(tags.begin(), tags.end());
    RequestFacts request = request_;
    request.tags = views;
    const Verdict with = rules_.evaluate(request);
    if (with.denied_by != without_->denied_by) {
        out.vetoed_by = with.denied_by;
    } else if (with.review_by != without_->review_by) {
        out.vetoed_by = with.review_by;
    }
    out.penalty = std::max(0.0, with.penalty - without_->penalty);
    if (out.penalty > 0) {
        out.penalised_by = with.penalised_by;
    }
    return out;
}

}  // namespace soma::domain
