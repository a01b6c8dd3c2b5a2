#include "domain/planner/utility_refusal.h"

#include <algorithm>
#include <string>

#include "base/canonical_json.h"

namespace soma::domain {
namespace {

constexpr std::string_view kRule =
    "What an action is worth, U = b + lambda ln p - mu c - nu l less the penalties of rules, must "
    "be at least u_min; the law's part `utility` has b, u_min and where lambda, mu and nu begin.";

std::string_view article_of(const UtilityFigures& figures, std::string_view penalised_by) {
    return !penalised_by.empty() && figures.admitted_without_penalty() ? penalised_by
                                                                       : kUtilityArticle;
}

std::string text_of(const Constitution& law, std::string_view article) {
    const auto found = std::find_if(law.articles.begin(), law.articles.end(),
                                    [&](const Article& each) { return each.id == article; });
    return found == law.articles.end() ? std::string(kRule) : found->text;
}

std::string message_of(const UtilityFigures& figures, std::string_view article) {
    return "the planned action's utility " + format_ecmascript_number(figures.utility) +
           " is below the constitution's minimum " +
           format_ecmascript_number(figures.weights.minimum) + ": article " + std::string(article);
}

Error base_of(const Constitution& law, const UtilityFigures& figures, std::string_view article) {
    return Error(ErrorKind::permission_denied, message_of(figures, article))
        .by_article(std::string(article), text_of(law, article));
}

}  // namespace

UtilityRefusal::UtilityRefusal(const Constitution& law, const UtilityFigures& figures,
                               std::string_view penalised_by)
    : Error(base_of(law, figures, article_of(figures, penalised_by))), figures_(figures) {}

}  // namespace soma::domain
