#pragma once
#include <cstdint>

#include "math/result.h"

namespace soma::math {

/// Parameters of an EWMA control chart (Roberts 1959).
struct EwmaChart {
    double mean = 0;      ///< μ in control
    double sigma = 1;     ///< standard deviation of one observation, > 0
    double alpha = 0.2;   ///< weight of the newest observation, in (0, 1]
    double width = 2.86;  ///< L, in standard deviations of the statistic, > 0
};

/// One point of the chart.
struct EwmaPoint {
    double value = 0;  ///< z_t = α x_t + (1−α) z_{t−1}, z_0 = μ
    double lower = 0;  ///< μ − Lσ√(α/(2−α)·(1−(1−α)^{2t}))
    double upper = 0;  ///< μ + the same
    bool alarm = false;
};

/// An exponentially weighted moving average with its exact, time-dependent limits: sensitive to
/// small lasting shifts from the first observation on. Two-sided in-control run lengths, fixed
/// limits: α = 0.1, L = 2.703 and α = 0.2, L = 2.860: 500 and 370 (Lucas and Saccucci 1990). O(1) a
/// point.
class Ewma {
  public:
    /// Errors: not_finite, out_of_range.
    static Result<Ewma> make(const EwmaChart& chart);

    /// Adds an observation. Errors, changing nothing: not_finite.
    Result<EwmaPoint> add(double x);

  private:
    explicit Ewma(const EwmaChart& chart) : chart_(chart), value_(chart.mean) {}
    EwmaChart chart_;
    double value_;
    std::uint64_t count_ = 0;
};

}  // namespace soma::math
