#include "math/utility/utility.h"

#include <cmath>

namespace soma::math {
namespace {

struct Named {
    double value;
    const char* name;
};

Result<> check_weights(const UtilityWeights& weights) {
    for (const Named item :
         {Named{weights.baseline, "baseline"}, Named{weights.minimum, "minimum"}}) {
        if (!std::isfinite(item.value)) {
            return MathError{MathFault::not_finite, "a number is NaN or infinite", item.name};
        }
    }
    for (const Named item : {Named{weights.confidence, "confidence"}, Named{weights.cost, "cost"},
                             Named{weights.latency, "latency"}}) {
        if (!(item.value >= 0) || !std::isfinite(item.value)) {
            return MathError{MathFault::out_of_range, "a weight is finite and not negative",
                             item.name};
        }
    }
    return {};
}

}  // namespace

Result<UtilityVerdict> evaluate_utility(const UtilityWeights& weights, const UtilityInput& input) {
    if (auto good = check_weights(weights); !good) {
        return good.error();
    }
    if (!(input.probability > 0 && input.probability <= 1)) {
        return MathError{MathFault::out_of_range, "a probability is in (0, 1]", "probability"};
    }
    for (const Named item :
         {Named{input.cost, "cost"}, Named{input.latency_seconds, "latency_seconds"}}) {
        if (!(item.value >= 0) || !std::isfinite(item.value)) {
            return MathError{MathFault::out_of_range, "must be finite and not negative", item.name};
        }
    }
    const double utility = weights.baseline + weights.confidence * std::log(input.probability) -
                           weights.cost * input.cost - weights.latency * input.latency_seconds;
    if (!std::isfinite(utility)) {
        return MathError{MathFault::overflow, "the utility exceeds a double", "utility"};
    }
    return UtilityVerdict{utility, !(utility < weights.minimum)};
}

Result<double> admitted_probability(const UtilityWeights& weights) {
    if (auto good = check_weights(weights); !good) {
        return good.error();
    }
    const double needed = weights.minimum - weights.baseline;
    if (needed > 0) {
        return MathError{MathFault::out_of_range,
                         "the baseline is below the minimum: nothing passes", "baseline"};
    }
    if (weights.confidence == 0) {
        return 0.0;
    }
    return std::exp(needed / weights.confidence);
}

}  // namespace soma::math
