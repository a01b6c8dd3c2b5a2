#include "domain/planner/utility.h"

#include <array>

#include "base/error.h"

namespace soma::domain {

std::string_view source_name(ProbabilitySource source) {
    constexpr std::array<std::string_view, 3> names = {"caller", "assumed", "calibrated"};
    return names[static_cast<std::size_t>(source)];
}

UtilityFigures judge_utility(const math::UtilityWeights& weights, const PlannedAction& action,
                             double penalty) {
    UtilityFigures figures{.probability = action.confidence.value_or(action.estimate.value_or(1)),
                           .source = action.confidence ? ProbabilitySource::caller
                                     : action.estimate ? ProbabilitySource::calibrated
                                                       : ProbabilitySource::assumed,
                           .cost = action.cost,
                           .latency_seconds = action.latency_seconds,
                           .penalty = penalty,
                           .weights = weights};
    const auto verdict =
        math::evaluate_utility(weights, {.probability = figures.probability,
                                         .cost = figures.cost,
                                         .latency_seconds = figures.latency_seconds});
    SOMA_ASSERT(verdict.has_value(), "contract and law bound what utility is made of");
    figures.utility = verdict->utility - penalty;
    return figures;
}

boost::json::object to_json(const UtilityFigures& figures) {
    return {{"utility", figures.utility},
            {"minimum", figures.weights.minimum},
            {"probability", figures.probability},
            {"probability_source", source_name(figures.source)},
            {"cost", figures.cost},
            {"latency_seconds", figures.latency_seconds},
            {"penalty", figures.penalty},
            {"baseline", figures.weights.baseline},
            {"lambda", figures.weights.confidence},
            {"mu", figures.weights.cost},
            {"nu", figures.weights.latency}};
}

}  // namespace soma::domain
