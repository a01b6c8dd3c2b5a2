#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "math/convex/projection.h"

namespace soma::math {

/// How long a step is. t counts the steps with a gradient that is not zero, from 1; D is the
/// diameter of the bounds the learner was made with.
struct StepRule {
    enum class Kind : std::uint8_t {
        inverse_root,  ///< η_t = D/(G√t), regret ≤ 3/2·G·D·√T (Zinkevich 2003); needs ‖g‖ ≤ G
        adagrad_norm,  ///< η_t = D/√(2Σ‖g‖²), regret ≤ √2·D·√Σ‖g‖² (Streeter, McMahan 2010)
    };
    Kind kind = Kind::adagrad_norm;
    double gradient_bound = 0;  ///< G > 0, for inverse_root alone
};

/// One row of the learner's append-only history: everything needed to repeat and to undo it.
struct UpdateRow {
    enum class Kind : std::uint8_t { gradient, rollback, bounds };
    Kind kind = Kind::gradient;
    std::vector<double> before;
    std::vector<double> after;
    std::vector<double> gradient;  ///< of a gradient row, else empty
    double step = 0;               ///< η_t of a gradient row, else 0
    std::optional<Box> bounds;     ///< the new bounds of a bounds row

    friend bool operator==(const UpdateRow&, const UpdateRow&) = default;
};

/// Projected online gradient descent, θ ← Π_C(θ − η_t g_t): θ is inside C exactly, always. Every
/// change is a row, and replaying the rows gives θ bit for bit. One writer. O(n) a step, n ≤ 1,024.
class OnlineLearner {
  public:
    /// θ must lie in the bounds. Errors: wrong_shape, out_of_range.
    static Result<OnlineLearner> make(std::vector<double> theta, Box bounds, StepRule rule);

    /// One step. A zero gradient changes nothing, not even t. Errors, changing nothing:
    /// wrong_shape, not_finite, overflow, out_of_range (‖g‖ > G under inverse_root: the guarantee
    /// would be void).
    Result<UpdateRow> step(std::span<const double> gradient);

    /// Back to θ as it stood after `row`, projected onto today's bounds. Step sizes go on from
    /// where they are. Errors: wrong_shape, not_finite.
    Result<UpdateRow> roll_back_to(const UpdateRow& row);

    /// New bounds: θ is projected onto them. Errors: wrong_shape.
    Result<UpdateRow> set_bounds(Box bounds);

    const std::vector<double>& theta() const { return theta_; }
    const Box& bounds() const { return bounds_; }
    std::uint64_t steps() const { return steps_; }
    /// Σ‖g‖² over all steps.
    double squared_gradients() const { return squared_gradients_; }

  private:
    OnlineLearner(std::vector<double> theta, Box bounds, StepRule rule);

    std::vector<double> theta_;
    Box bounds_;
    StepRule rule_;
    double diameter_;
    std::uint64_t steps_ = 0;
    double squared_gradients_ = 0;
};

/// Repeats a history from the learner's first state and returns the final θ. Errors: out_of_range
/// at "rows[i]" for the first row whose outcome differs from the recorded one in any bit, or the
/// error that step gives.
Result<std::vector<double>> replay(OnlineLearner learner, std::span<const UpdateRow> rows);

}  // namespace soma::math
