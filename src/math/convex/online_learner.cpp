#include "math/convex/online_learner.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

bool same_bits(const std::vector<double>& x, const std::vector<double>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](double a, double b) {
        return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    });
}

/// Σ gᵢ² in index order: unlike a SIMD sum it is the same on every CPU, as replay needs.
double squared_norm(std::span<const double> g) {
    double sum = 0;
    for (const double value : g) {
        sum += value * value;
    }
    return sum;
}

}  // namespace

OnlineLearner::OnlineLearner(std::vector<double> theta, Box bounds, StepRule rule)
    : theta_(std::move(theta)),
      bounds_(std::move(bounds)),
      rule_(rule),
      diameter_(bounds_.diameter()) {}

Result<OnlineLearner> OnlineLearner::make(std::vector<double> theta, Box bounds, StepRule rule) {
    if (theta.size() != bounds.dimension()) {
        return MathError{MathFault::wrong_shape, "theta and its bounds need equal lengths",
                         "theta"};
    }
    if (!bounds.contains(theta)) {
        return MathError{MathFault::out_of_range, "theta starts inside its bounds", "theta"};
    }
    if (rule.kind == StepRule::Kind::inverse_root &&
        (!(rule.gradient_bound > 0) || !std::isfinite(rule.gradient_bound))) {
        return MathError{MathFault::out_of_range, "G is finite and above 0", "gradient_bound"};
    }
    return OnlineLearner(std::move(theta), std::move(bounds), rule);
}

Result<UpdateRow> OnlineLearner::step(std::span<const double> gradient) {
    if (gradient.size() != theta_.size()) {
        return MathError{MathFault::wrong_shape, "the gradient has another length than theta",
                         "gradient"};
    }
    if (auto finite = require_finite(gradient, "gradient"); !finite) {
        return finite.error();
    }
    UpdateRow row{UpdateRow::Kind::gradient,          theta_, theta_,
                  {gradient.begin(), gradient.end()}, 0,      {}};
    if (std::all_of(gradient.begin(), gradient.end(), [](double g) { return g == 0; })) {
        return row;
    }
    const double square = squared_norm(gradient);
    const double total = squared_gradients_ + square;
    const double count = static_cast<double>(steps_ + 1);
    if (!std::isfinite(total)) {
        return MathError{MathFault::overflow, "the gradient's square exceeds a double", "gradient"};
    }
    if (rule_.kind == StepRule::Kind::inverse_root) {
        if (std::sqrt(square) > rule_.gradient_bound * (1 + 1e-12)) {
            return MathError{MathFault::out_of_range, "the gradient is longer than its bound G",
                             "gradient"};
        }
        row.step = diameter_ / (rule_.gradient_bound * std::sqrt(count));
    } else {
        // A gradient whose square vanishes still has a finite, bounded step.
        row.step = diameter_ / std::sqrt(2 * std::max(total, 1e-300));
    }
    for (std::size_t i = 0; i < theta_.size(); ++i) {
        row.after[i] -= row.step * gradient[i];
    }
    if (auto done = bounds_.project(row.after); !done) {
        return MathError{MathFault::overflow, "the step exceeds a double", "gradient"};
    }
    theta_ = row.after;
    squared_gradients_ = total;
    ++steps_;
    return row;
}

Result<UpdateRow> OnlineLearner::roll_back_to(const UpdateRow& row) {
    UpdateRow back{UpdateRow::Kind::rollback, theta_, row.after, {}, 0, {}};
    if (auto done = bounds_.project(back.after); !done) {
        return done.error();
    }
    theta_ = back.after;
    return back;
}

Result<UpdateRow> OnlineLearner::set_bounds(Box bounds) {
    if (bounds.dimension() != theta_.size()) {
        return MathError{MathFault::wrong_shape, "the new bounds have another dimension", "bounds"};
    }
    UpdateRow row{UpdateRow::Kind::bounds, theta_, theta_, {}, 0, bounds};
    bounds.project(row.after).value();
    theta_ = row.after;
    bounds_ = std::move(bounds);
    return row;
}

Result<std::vector<double>> replay(OnlineLearner learner, std::span<const UpdateRow> rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const UpdateRow& row = rows[i];
        const bool complete = row.kind != UpdateRow::Kind::bounds || row.bounds.has_value();
        if (!complete || !same_bits(learner.theta(), row.before)) {
            return MathError{MathFault::out_of_range, "the row does not follow the one before it",
                             at_index("rows", i)};
        }
        const auto done = row.kind == UpdateRow::Kind::gradient   ? learner.step(row.gradient)
                          : row.kind == UpdateRow::Kind::rollback ? learner.roll_back_to(row)
                                                                  : learner.set_bounds(*row.bounds);
        if (!done) {
            return done.error();
        }
        if (!same_bits(done->after, row.after)) {
            return MathError{MathFault::out_of_range, "the row's outcome cannot be repeated",
                             at_index("rows", i)};
        }
    }
    return learner.theta();
}

}  // namespace soma::math
