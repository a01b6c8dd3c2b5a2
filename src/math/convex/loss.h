#pragma once
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// The convex losses that θ learns from. A loss and its gradient at θ, both finite.
struct LossGradient {
    double loss = 0;
    std::vector<double> gradient;
};

/// Squared error of a linear prediction, ½(θᵀz − y)², gradient (θᵀz − y) z. For (λ, μ, ν): z is
/// (ln p, −c, −ℓ) and y the realised utility minus the baseline b. O(n).
/// Errors: empty, wrong_shape, not_finite, overflow.
Result<LossGradient> squared_loss(std::span<const double> theta, std::span<const double> z,
                                  double y);

/// Cross-entropy of the softmax over n memories against the credit that feedback gave them,
///   −Σ_i c_i ln softmax(Vω)_i,  gradient Vᵀ(softmax(Vω) − c),
/// convex in ω = a/τ. `views` holds V, n rows of k view values; credits c ≥ 0 sum to 1 ± 1e-9;
/// n ≤ 100. O(nk). Errors: empty, wrong_shape, not_finite, out_of_range, overflow.
Result<LossGradient> softmax_loss(std::span<const double> omega, std::span<const double> views,
                                  std::span<const double> credits);

/// σ(x) = 1/(1 + e^−x), in [0, 1]; 0 and 1 themselves only for |x| beyond 36, by rounding.
double logistic(double x);

/// Logistic loss of a probability σ(θᵀz) against what came to pass, y in [0, 1]:
///   ln(1 + e^x) − y x with x = θᵀz,  gradient (σ(x) − y) z,
/// convex in θ and, over many (z, y), least where σ(θᵀz) is calibrated (McCullagh & Nelder 1989).
/// O(n). Errors: empty, wrong_shape, not_finite, out_of_range, overflow.
Result<LossGradient> logistic_loss(std::span<const double> theta, std::span<const double> z,
                                   double y);

}  // namespace soma::math
