#pragma once
#include <optional>
#include <string>
#include <vector>

#include "domain/context/bundle.h"
#include "domain/context/evaluation_record.h"
#include "domain/planner/utility.h"
#include "services/search/search.h"
#include "somabrain/v1/brain.pb.h"

namespace soma::services {

/// Everything an evaluation's answer is made of: found when it is asked, found again when it is
/// replayed.
struct Evaluated {
    std::uint64_t constitution_version = 0;
    std::vector<domain::PolicyDirective> policy;
    domain::UtilityFigures utility;
    std::string situation;
    std::optional<std::size_t> token_budget;
    domain::PromptForm form = domain::PromptForm::plain;
    double temperature = domain::kDefaultTemperature;
    Found found;
    bool memories_capped = false;                ///< more were asked for than an answer holds
    std::vector<domain::WorkingMemory> session;  ///< oldest first
    std::vector<domain::EvaluationRecord::Compared> candidates;  ///< those that are shown
    std::optional<domain::CoverageFeatures> features;            ///< is recorded, not shown
};

/// The answer but for the evaluation's id, digest included, within evaluate's limits: 128 KiB of
/// JSON, what was cut named in `capped`. Pure: equal parts give equal bytes.
somabrain::v1::EvaluateResponse answer_of(const Evaluated& parts,
                                          const domain::TokenCounter& count_tokens);

/// Directives as answers carry them: of anything with `article` and `text`.
template <class Policy>
void put_policy(const Policy& policy,
                google::protobuf::RepeatedPtrField<somabrain::v1::PolicyDirective>& out) {
    for (const auto& [article, text] : policy) {
        auto& directive = *out.Add();
        directive.set_article(std::string(article));
        directive.set_text(std::string(text));
    }
}

/// The figures as answers carry them.
somabrain::v1::UtilityFigures message_of(const domain::UtilityFigures& figures);

}  // namespace soma::services
