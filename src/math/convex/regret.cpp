#include "math/convex/regret.h"

#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr int kMostEvaluations = 20'000;

/// max_{y ∈ box} ⟨g, x − y⟩: an upper bound of f(x) − min f for convex f.
double frank_wolfe_gap(const Box& box, std::span<const double> x, std::span<const double> g) {
    double gap = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        gap += g[i] * (x[i] - (g[i] > 0 ? box.lower()[i] : box.upper()[i]));
    }
    return gap;
}

std::vector<double> moved(std::span<const double> x, double factor, std::span<const double> d) {
    std::vector<double> result(x.begin(), x.end());
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] += factor * d[i];
    }
    return result;
}

std::vector<double> difference(std::span<const double> x, std::span<const double> y) {
    return moved(x, -1, y);
}

}  // namespace

double zinkevich_bound(double diameter, double gradient_bound, std::uint64_t rounds) {
    return 1.5 * gradient_bound * diameter * std::sqrt(static_cast<double>(rounds));
}

double adagrad_bound(double diameter, double squared_gradients) {
    return std::sqrt(2.0) * diameter * std::sqrt(squared_gradients);
}

Result<Minimum> minimise_over_box(const ConvexFunction& f, const Box& box, double tolerance) {
    std::vector<double> x = moved(box.lower(), 1, std::vector<double>(box.dimension(), 0.0));
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] += (box.upper()[i] - x[i]) / 2;
    }
    std::vector<double> y = x;
    double momentum = 1;
    double step = 1;
    auto at_x = f(x);
    for (int evaluations = 1; evaluations < kMostEvaluations;) {
        if (!at_x) {
            return at_x.error();
        }
        const double gap = frank_wolfe_gap(box, x, at_x->gradient);
        if (gap <= tolerance * (1 + std::fabs(at_x->loss))) {
            return Minimum{x, at_x->loss, std::max(gap, 0.0)};
        }
        const auto at_y = f(y);
        ++evaluations;
        if (!at_y) {
            return at_y.error();
        }
        std::vector<double> next;
        std::vector<double> d;
        Result<LossGradient> at_next = at_y;
        // Halve until ⟨∇f(next) − ∇f(y), d⟩ ≤ ‖d‖²/(2·step), which for convex f implies the usual
        // bound on f(next) and, unlike it, still means something when the values agree to the last
        // digit.
        for (bool accepted = false; !accepted && evaluations < kMostEvaluations;) {
            next = moved(y, -step, at_y->gradient);
            box.project(next).value();
            at_next = f(next);
            ++evaluations;
            if (!at_next) {
                return at_next.error();
            }
            d = difference(next, y);
            const double bend = dot(difference(at_next->gradient, at_y->gradient), d);
            accepted = bend <= dot(d, d) / (2 * step);
            step *= accepted ? 1 : 0.5;
        }
        // Momentum that works against the step is dropped (the gradient restart of O'Donoghue and
        // Candès): the method then converges linearly where f curves.
        const auto advance = difference(next, x);
        const bool restart = dot(d, advance) < 0;
        const double t = restart ? 1 : (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
        y = moved(next, restart ? 0 : (momentum - 1) / t, advance);
        box.project(y).value();
        momentum = t;
        x = std::move(next);
        at_x = std::move(at_next);
        step *= 1.1;
    }
    return MathError{MathFault::not_converged, "no minimum within the evaluation limit", "f"};
}

SquaredLossSum::SquaredLossSum(std::size_t dimension)
    : dimension_(dimension), matrix_(dimension * dimension), linear_(dimension) {}

Result<SquaredLossSum> SquaredLossSum::make(std::size_t dimension) {
    if (dimension == 0 || dimension > 64) {
        return MathError{MathFault::wrong_shape, "1 to 64 coordinates", "dimension"};
    }
    return SquaredLossSum(dimension);
}

Result<> SquaredLossSum::add(std::span<const double> z, double y) {
    if (z.size() != dimension_) {
        return MathError{MathFault::wrong_shape, "the example has another length", "z"};
    }
    if (auto finite = require_finite(z, "z"); !finite) {
        return finite;
    }
    const double size = std::max(norm(z), std::fabs(y));
    if (!std::isfinite(y) || !std::isfinite(size * size * 1e6)) {
        return MathError{MathFault::overflow, "the example is too large to square", "z"};
    }
    for (std::size_t i = 0; i < dimension_; ++i) {
        linear_[i] += y * z[i];
        for (std::size_t j = 0; j < dimension_; ++j) {
            matrix_[i * dimension_ + j] += z[i] * z[j];
        }
    }
    constant_ += y * y;
    ++rounds_;
    return {};
}

Result<LossGradient> SquaredLossSum::at(std::span<const double> theta) const {
    if (theta.size() != dimension_) {
        return MathError{MathFault::wrong_shape, "theta has another length", "theta"};
    }
    if (auto finite = require_finite(theta, "theta"); !finite) {
        return finite.error();
    }
    LossGradient result{constant_ / 2, std::vector<double>(dimension_)};
    for (std::size_t i = 0; i < dimension_; ++i) {
        const double image =
            dot(std::span<const double>(matrix_).subspan(i * dimension_, dimension_), theta);
        result.gradient[i] = image - linear_[i];
        result.loss += theta[i] * (image / 2 - linear_[i]);
    }
    if (!std::isfinite(result.loss) || !all_finite(result.gradient)) {
        return MathError{MathFault::overflow, "the loss exceeds a double", "theta"};
    }
    return result;
}

}  // namespace soma::math
