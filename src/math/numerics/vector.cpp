#include "math/numerics/vector.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace soma::math {
namespace {

using ConstMap = Eigen::Map<const Eigen::VectorXd>;
using Map = Eigen::Map<Eigen::VectorXd>;

ConstMap map(std::span<const double> x) {
    return {x.data(), static_cast<Eigen::Index>(x.size())};
}

double largest(std::span<const double> x) {
    return x.empty() ? 0.0 : map(x).cwiseAbs().maxCoeff();
}

/// a·b = product + error exactly.
struct Split {
    double product;
    double error;
};
Split multiply_exactly(double a, double b) {
    const double product = a * b;
    return {product, std::fma(a, b, -product)};
}

/// a + b = sum + error exactly (Knuth's TwoSum).
struct Sum {
    double sum;
    double error;
};
Sum add_exactly(double a, double b) {
    const double sum = a + b;
    const double b_part = sum - a;
    return {sum, (a - (sum - b_part)) + (b - b_part)};
}

}  // namespace

bool all_finite(std::span<const double> x) {
    // 0·x is 0 for finite x and NaN otherwise; this sum vectorises where a test of each would not.
    return x.empty() || (map(x).array() * 0).sum() == 0;
}

double dot(std::span<const double> x, std::span<const double> y) {
    SOMA_ASSERT(x.size() == y.size(), "a dot product needs equal lengths");
    return map(x).dot(map(y));
}

double dot_compensated(std::span<const double> x, std::span<const double> y) {
    SOMA_ASSERT(x.size() == y.size(), "a dot product needs equal lengths");
    double total = 0;
    double correction = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Split term = multiply_exactly(x[i], y[i]);
        const Sum step = add_exactly(total, term.product);
        total = step.sum;
        correction += step.error + term.error;
    }
    return total + correction;
}

double sum_compensated(std::span<const double> x) {
    double total = 0;
    double correction = 0;
    for (const double value : x) {
        const Sum step = add_exactly(total, value);
        total = step.sum;
        correction += step.error;
    }
    return total + correction;
}

double scale_to_unit(std::span<const double> x) {
    const double top = largest(x);
    if (top == 0) {
        return 1;
    }
    int exponent = 0;
    std::frexp(top, &exponent);
    // 2^-exponent itself overflows for subnormal x: callers multiply twice where that matters, so
    // the scale stops at 2^1000, which leaves 2^-74 and its square far above underflow.
    return std::ldexp(1.0, std::min(-exponent, 1000));
}

double norm(std::span<const double> x) {
    if (x.empty()) {
        return 0;
    }
    const double scale = scale_to_unit(x);
    // Most vectors are near unit size: their squares neither overflow nor underflow.
    if (scale >= 0x1p-400 && scale <= 0x1p400) {
        return map(x).norm();
    }
    return (map(x) * scale).norm() / scale;
}

Result<> normalise(std::span<double> x) {
    if (x.empty()) {
        return MathError{MathFault::empty, "an empty vector has no direction", "x"};
    }
    if (auto finite = require_finite(x, "x"); !finite) {
        return finite.error();
    }
    if (largest(x) == 0) {
        return MathError{MathFault::zero_vector, "the zero vector has no direction", "x"};
    }
    Map vector(x.data(), static_cast<Eigen::Index>(x.size()));
    vector *= scale_to_unit(x);
    vector /= vector.norm();
    return {};
}

Result<double> cosine(std::span<const double> x, std::span<const double> y) {
    if (x.size() != y.size()) {
        return MathError{MathFault::wrong_shape, "a cosine needs equal lengths", "y"};
    }
    std::vector<double> u(x.begin(), x.end());
    std::vector<double> v(y.begin(), y.end());
    if (auto done = normalise(u); !done) {
        return done.error();
    }
    if (auto done = normalise(v); !done) {
        MathError error = done.error();
        error.where.replace(0, 1, "y");
        return error;
    }
    return std::clamp(dot(u, v), -1.0, 1.0);
}

Result<> require_finite(std::span<const double> x, std::string_view name) {
    if (all_finite(x)) {
        return {};
    }
    const auto bad = std::find_if(x.begin(), x.end(), [](double v) { return !std::isfinite(v); });
    return MathError{MathFault::not_finite, "a number is NaN or infinite",
                     at_index(name, static_cast<std::size_t>(bad - x.begin()))};
}

}  // namespace soma::math
