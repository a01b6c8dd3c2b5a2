#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "math/convex/loss.h"
#include "math/convex/projection.h"

namespace soma::math {

/// Regret: what a learner lost more than the best fixed θ would have, known in hindsight,
///   R_T = Σ_t ℓ_t(θ_t) − min_{θ ∈ C} Σ_t ℓ_t(θ).

/// 3/2 · G · D · √T, the guarantee of η_t = D/(G√t) (Zinkevich 2003).
double zinkevich_bound(double diameter, double gradient_bound, std::uint64_t rounds);
/// √2 · D · √Σ‖g_t‖², the guarantee of AdaGrad-norm.
double adagrad_bound(double diameter, double squared_gradients);

/// A minimum found and how far from optimal it may be: by convexity the value lies within `gap` of
/// the true minimum over the box.
struct Minimum {
    std::vector<double> point;
    double value = 0;
    double gap = 0;
};

/// min over a box of a smooth convex function, by projected gradient descent with Nesterov's
/// momentum, step halving and restarts (Beck, Teboulle 2009; O'Donoghue, Candès 2015), until the
/// Frank–Wolfe gap max_{y ∈ C} ⟨∇f(x), x − y⟩ ≤ tolerance·(1 + |f|). At most 20,000 evaluations of
/// f. Errors: f's own, not_converged.
using ConvexFunction = std::function<Result<LossGradient>(std::span<const double>)>;
Result<Minimum> minimise_over_box(const ConvexFunction& f, const Box& box, double tolerance = 1e-9);

/// The sum of squared losses ½(θᵀz_t − y_t)², kept as a quadratic: adding a round is O(n²), the
/// best θ in hindsight needs no second look at the rounds. n ≤ 64.
class SquaredLossSum {
  public:
    /// Errors: wrong_shape.
    static Result<SquaredLossSum> make(std::size_t dimension);
    /// Errors, changing nothing: wrong_shape, not_finite, overflow.
    Result<> add(std::span<const double> z, double y);
    /// Value and gradient of the sum at θ. Errors: wrong_shape, not_finite, overflow.
    Result<LossGradient> at(std::span<const double> theta) const;
    std::uint64_t rounds() const { return rounds_; }

  private:
    explicit SquaredLossSum(std::size_t dimension);
    std::size_t dimension_;
    std::vector<double> matrix_;  ///< Σ zzᵀ
    std::vector<double> linear_;  ///< Σ yz
    double constant_ = 0;         ///< Σ y²
    std::uint64_t rounds_ = 0;
};

}  // namespace soma::math
