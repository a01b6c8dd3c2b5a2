#pragma once
#include "math/result.h"

namespace soma::math {

/// Parameters of a two-sided CUSUM chart (Page 1954), in standard deviations of one observation.
struct CusumChart {
    double mean = 0;
    double sigma = 1;        ///< > 0
    double allowance = 0.5;  ///< k ≥ 0: half the shift to be found
    double limit = 5;        ///< h > 0: alarm when a sum exceeds it
};

/// One point of the chart.
struct CusumPoint {
    double high = 0;  ///< S⁺ = max(0, S⁺ + y − k), y = (x − μ)/σ
    double low = 0;   ///< S⁻ = max(0, S⁻ − y − k)
    bool alarm = false;
};

/// Cumulative sums above and below target. In-control run lengths for k = 0.5, two-sided: 168 at
/// h = 4 and 465 at h = 5 (Montgomery, Introduction to Statistical Quality Control). O(1) a point.
class Cusum {
  public:
    /// Errors: not_finite, out_of_range.
    static Result<Cusum> make(const CusumChart& chart);

    /// Adds an observation. Errors, changing nothing: not_finite.
    Result<CusumPoint> add(double x);

    /// Both sums to 0, after an alarm has been acted on.
    void reset() { high_ = low_ = 0; }

  private:
    explicit Cusum(const CusumChart& chart) : chart_(chart) {}
    CusumChart chart_;
    double high_ = 0;
    double low_ = 0;
};

}  // namespace soma::math
