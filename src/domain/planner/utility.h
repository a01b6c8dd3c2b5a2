#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "math/utility/utility.h"

namespace soma::domain {

/// Limits of what a request may state, so that every utility is finite.
inline constexpr std::int64_t kMaxCostTokens = 1'000'000'000;
inline constexpr double kMaxPrice = 1'000'000;
inline constexpr double kMaxLatencySeconds = 1'000'000;

/// What a caller says of the action it plans.
struct PlannedAction {
    std::optional<double> confidence;     ///< p in (0, 1]
    std::optional<double> estimate = {};  ///< p where no confidence is stated; absent: 1
    double cost = 0;                      ///< tokens × price, ≥ 0
    double latency_seconds = 0;           ///< predicted, ≥ 0
};

/// Whose p it is.
enum class ProbabilitySource : std::uint8_t {
    caller,      ///< the request's confidence
    assumed,     ///< 1: the request states none
    calibrated,  ///< the request states none: what feedback says of such answers
};
std::string_view source_name(ProbabilitySource source);

/// A utility with every number it is made of: `utility` recomputes from the rest.
struct UtilityFigures {
    double utility = 0;
    double probability = 1;
    ProbabilitySource source = ProbabilitySource::assumed;
    double cost = 0;
    double latency_seconds = 0;
    double penalty = 0;
    math::UtilityWeights weights;

    /// The gate: everything below the law's minimum is refused.
    bool admitted() const { return !(utility < weights.minimum); }
    /// The same, had no rule taken anything off.
    bool admitted_without_penalty() const { return !(utility + penalty < weights.minimum); }

    friend bool operator==(const UtilityFigures&, const UtilityFigures&) = default;
};

/// U = b + λ ln p − μ c − ν ℓ − penalty. Rises with p; falls with c, ℓ and penalty. Pure: the same
/// bits for the same arguments. Numbers outside their limits are our own mistake (SOMA_ASSERT):
/// the contract and the law have checked them.
UtilityFigures judge_utility(const math::UtilityWeights& weights, const PlannedAction& action,
                             double penalty);

/// {"utility", "minimum", "probability", …}: as events and problems name them.
boost::json::object to_json(const UtilityFigures& figures);

}  // namespace soma::domain
