#include "math/hebbian/association.h"

#include <algorithm>
#include <cmath>

namespace soma::math {

Result<double> decay_factor(double decay, double elapsed) {
    if (!(decay >= 0 && decay < 1)) {
        return MathError{MathFault::out_of_range, "a decay is in [0, 1)", "decay"};
    }
    if (!(elapsed >= 0) || !std::isfinite(elapsed)) {
        return MathError{MathFault::out_of_range, "time runs forward", "elapsed"};
    }
    return std::exp(elapsed * std::log1p(-decay));
}

Result<double> weight_at(const HebbianRule& rule, const Association& association, double now) {
    if (!(rule.bound > 0) || !std::isfinite(rule.bound)) {
        return MathError{MathFault::out_of_range, "the bound is finite and above 0", "bound"};
    }
    if (!(rule.rate >= 0) || !std::isfinite(rule.rate)) {
        return MathError{MathFault::out_of_range, "the rate is finite and not negative", "rate"};
    }
    if (!(association.weight >= 0 && association.weight <= rule.bound)) {
        return MathError{MathFault::out_of_range, "a weight is in [0, bound]", "weight"};
    }
    if (!std::isfinite(association.written_at) || !std::isfinite(now)) {
        return MathError{MathFault::not_finite, "a time is NaN or infinite", "now"};
    }
    const auto factor = decay_factor(rule.decay, now - association.written_at);
    if (!factor) {
        return factor;
    }
    return association.weight * *factor;
}

Result<Association> reinforced(const HebbianRule& rule, const Association& association, double now,
                               double activity_i, double activity_j) {
    const auto faded = weight_at(rule, association, now);
    if (!faded) {
        return faded.error();
    }
    if (!std::isfinite(activity_i) || !std::isfinite(activity_j)) {
        return MathError{MathFault::not_finite, "an activity is NaN or infinite", "activity"};
    }
    const double next = *faded + rule.rate * activity_i * activity_j;
    if (!std::isfinite(next)) {
        return MathError{MathFault::overflow, "the reinforcement exceeds a double", "activity"};
    }
    return Association{std::clamp(next, 0.0, rule.bound), now};
}

}  // namespace soma::math
