#include "math/geodesic/distance.h"

#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

Result<> check_pair(std::span<const double> u, std::span<const double> v) {
    if (u.empty()) {
        return MathError{MathFault::empty, "a point has at least one coordinate", "u"};
    }
    if (u.size() != v.size()) {
        return MathError{MathFault::wrong_shape, "both points need the same dimension", "v"};
    }
    if (auto finite = require_finite(u, "u"); !finite) {
        return finite;
    }
    return require_finite(v, "v");
}

std::vector<double> combine(std::span<const double> u, double sign, std::span<const double> v) {
    std::vector<double> result(u.size());
    for (std::size_t i = 0; i < u.size(); ++i) {
        result[i] = u[i] + sign * v[i];
    }
    return result;
}

/// 1 − ‖u‖², rounded once: near the rim the plain difference would keep only a few digits.
double depth(std::span<const double> u) {
    std::vector<double> left(u.begin(), u.end());
    std::vector<double> right(u.begin(), u.end());
    for (double& value : right) {
        value = -value;
    }
    left.push_back(1);
    right.push_back(1);
    return dot_compensated(left, right);
}

Result<> check_inside(std::span<const double> u, std::span<const double> v) {
    if (auto good = check_pair(u, v); !good) {
        return good;
    }
    for (const auto& [point, name] : {std::pair{u, "u"}, std::pair{v, "v"}}) {
        if (norm(point) > 2 || !(depth(point) > 0)) {
            return MathError{MathFault::out_of_range, "a point lies inside the unit ball", name};
        }
    }
    return {};
}

}  // namespace

Result<double> sphere_distance(std::span<const double> u, std::span<const double> v) {
    if (auto good = check_pair(u, v); !good) {
        return good.error();
    }
    for (const auto& [point, name] : {std::pair{u, "u"}, std::pair{v, "v"}}) {
        if (std::fabs(norm(point) - 1) > 1e-6) {
            return MathError{MathFault::out_of_range, "a point on the sphere has norm 1", name};
        }
    }
    return 2 * std::atan2(norm(combine(u, -1, v)), norm(combine(u, 1, v)));
}

Result<double> poincare_distance(std::span<const double> u, std::span<const double> v) {
    if (auto good = check_inside(u, v); !good) {
        return good.error();
    }
    const double chord = norm(combine(u, -1, v));
    return 2 * std::asinh(chord / (std::sqrt(depth(u)) * std::sqrt(depth(v))));
}

Result<std::vector<double>> mobius_add(std::span<const double> a, std::span<const double> x) {
    if (auto good = check_inside(a, x); !good) {
        return good.error();
    }
    // ((1 + 2⟨a,x⟩ + ‖x‖²) a + (1 − ‖a‖²) x) / (1 + 2⟨a,x⟩ + ‖a‖²‖x‖²)
    const double cross = 2 * dot_compensated(a, x);
    const double x_square = dot_compensated(x, x);
    const double a_square = dot_compensated(a, a);
    const double a_depth = depth(a);
    const double below = 1 + cross + a_square * x_square;
    std::vector<double> result(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        result[i] = ((1 + cross + x_square) * a[i] + a_depth * x[i]) / below;
    }
    if (!all_finite(result) || !(depth(result) > 0)) {
        return MathError{MathFault::out_of_range, "the sum rounds out of the ball", "x"};
    }
    return result;
}

}  // namespace soma::math
