#include "math/charts/ewma.h"

#include <cmath>

namespace soma::math {

Result<Ewma> Ewma::make(const EwmaChart& chart) {
    if (!std::isfinite(chart.mean)) {
        return MathError{MathFault::not_finite, "the mean is NaN or infinite", "mean"};
    }
    if (!(chart.sigma > 0) || !std::isfinite(chart.sigma)) {
        return MathError{MathFault::out_of_range, "sigma is finite and above 0", "sigma"};
    }
    if (!(chart.alpha > 0 && chart.alpha <= 1)) {
        return MathError{MathFault::out_of_range, "alpha is in (0, 1]", "alpha"};
    }
    if (!(chart.width > 0) || !std::isfinite(chart.width)) {
        return MathError{MathFault::out_of_range, "the width is finite and above 0", "width"};
    }
    return Ewma(chart);
}

Result<EwmaPoint> Ewma::add(double x) {
    if (!std::isfinite(x)) {
        return MathError{MathFault::not_finite, "the observation is NaN or infinite", "x"};
    }
    const double alpha = chart_.alpha;
    value_ = alpha * x + (1 - alpha) * value_;
    ++count_;
    // 1 − (1−α)^{2t} without cancellation for small α; α = 1 has limits of one observation.
    const double settled =
        alpha == 1 ? 1 : -std::expm1(2 * static_cast<double>(count_) * std::log1p(-alpha));
    const double reach = chart_.width * chart_.sigma * std::sqrt(alpha / (2 - alpha) * settled);
    EwmaPoint point{value_, chart_.mean - reach, chart_.mean + reach, false};
    point.alarm = value_ < point.lower || value_ > point.upper;
    return point;
}

}  // namespace soma::math
