#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// P(χ²_d > x), the regularised upper incomplete gamma function Q(d/2, x/2), by its power series
/// for small x and Lentz's continued fraction for large (Abramowitz and Stegun 6.5.29, 6.5.31).
/// Relative error ≤ 1e-11 for 1 ≤ d ≤ 8,192. Errors: out_of_range (d, or x not in [0, ∞)),
/// not_converged.
Result<double> chi_squared_upper(double x, std::size_t degrees);

/// The x with P(χ²_d > x) = rate, 1e-300 ≤ rate < 1; relative error ≤ 1e-9. Errors as above.
Result<double> chi_squared_limit(double rate, std::size_t degrees);

/// One observation seen by the detector.
struct DriftPoint {
    double squared_distance = 0;  ///< d² = (x−μ)ᵀ Σ⁻¹ (x−μ)
    bool alarm = false;           ///< d² above the limit
};

/// Multivariate drift: a Gaussian observation in control has d² ~ χ²_D (Mahalanobis 1936, Hotelling
/// 1947), so a limit at χ²_D's upper quantile gives the false-alarm rate asked for. Immutable and
/// thread-safe. O(D³) to make, O(D²) a point, D ≤ 1,024.
class DriftDetector {
  public:
    static constexpr std::size_t kLargestDimension = 1024;

    /// `covariance` is D × D, symmetric to 1e-9 of its largest element and positive definite;
    /// 0 < rate < 1. Errors: wrong_shape, empty, not_finite, out_of_range.
    static Result<DriftDetector> make(std::span<const double> mean,
                                      std::span<const double> covariance, double rate);

    /// Errors: wrong_shape, not_finite, overflow.
    Result<DriftPoint> check(std::span<const double> x) const;
    double limit() const { return limit_; }

  private:
    DriftDetector() = default;
    std::vector<double> mean_;
    std::vector<double> factor_;  ///< L of Σ = LLᵀ, column after column
    double limit_ = 0;
};

}  // namespace soma::math
