#include "math/charts/cusum.h"

#include <algorithm>
#include <cmath>

namespace soma::math {

Result<Cusum> Cusum::make(const CusumChart& chart) {
    if (!std::isfinite(chart.mean)) {
        return MathError{MathFault::not_finite, "the mean is NaN or infinite", "mean"};
    }
    if (!(chart.sigma > 0) || !std::isfinite(chart.sigma)) {
        return MathError{MathFault::out_of_range, "sigma is finite and above 0", "sigma"};
    }
    if (!(chart.allowance >= 0) || !std::isfinite(chart.allowance)) {
        return MathError{MathFault::out_of_range, "the allowance is finite and not negative",
                         "allowance"};
    }
    if (!(chart.limit > 0) || !std::isfinite(chart.limit)) {
        return MathError{MathFault::out_of_range, "the limit is finite and above 0", "limit"};
    }
    return Cusum(chart);
}

Result<CusumPoint> Cusum::add(double x) {
    if (!std::isfinite(x)) {
        return MathError{MathFault::not_finite, "the observation is NaN or infinite", "x"};
    }
    // Bounded, so that a finite observation never makes a sum infinite or NaN.
    const double y = std::clamp((x - chart_.mean) / chart_.sigma, -1e300, 1e300);
    high_ = std::clamp(high_ + y - chart_.allowance, 0.0, 1e300);
    low_ = std::clamp(low_ - y - chart_.allowance, 0.0, 1e300);
    return CusumPoint{high_, low_, high_ > chart_.limit || low_ > chart_.limit};
}

}  // namespace soma::math
