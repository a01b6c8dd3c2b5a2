#include "math/convex/projection.h"

#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {

Result<Box> Box::make(std::vector<double> lower, std::vector<double> upper) {
    if (lower.empty()) {
        return MathError{MathFault::empty, "a box has at least one coordinate", "lower"};
    }
    if (lower.size() != upper.size() || lower.size() > kLargestDimension) {
        return MathError{MathFault::wrong_shape, "both bounds need the same 1 to 1024 coordinates",
                         "upper"};
    }
    if (auto finite = require_finite(lower, "lower"); !finite) {
        return finite.error();
    }
    if (auto finite = require_finite(upper, "upper"); !finite) {
        return finite.error();
    }
    for (std::size_t i = 0; i < lower.size(); ++i) {
        if (lower[i] > upper[i]) {
            return MathError{MathFault::out_of_range, "the lower bound is above the upper",
                             at_index("lower", i)};
        }
    }
    Box box;
    box.lower_ = std::move(lower);
    box.upper_ = std::move(upper);
    return box;
}

double Box::diameter() const {
    std::vector<double> sides(lower_.size());
    for (std::size_t i = 0; i < sides.size(); ++i) {
        sides[i] = upper_[i] - lower_[i];
    }
    return norm(sides);
}

bool Box::contains(std::span<const double> x) const {
    if (x.size() != dimension()) {
        return false;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!(x[i] >= lower_[i] && x[i] <= upper_[i])) {
            return false;
        }
    }
    return true;
}

Result<> Box::project(std::span<double> x) const {
    if (x.size() != dimension()) {
        return MathError{MathFault::wrong_shape, "the point has another dimension than the box",
                         "x"};
    }
    if (auto finite = require_finite(x, "x"); !finite) {
        return finite;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = std::clamp(x[i], lower_[i], upper_[i]);
    }
    return {};
}

Result<> project_simplex(std::span<double> x, double total) {
    if (x.empty()) {
        return MathError{MathFault::empty, "a simplex has at least one coordinate", "x"};
    }
    if (!(total > 0) || !std::isfinite(total)) {
        return MathError{MathFault::out_of_range, "the total is finite and above 0", "total"};
    }
    if (auto finite = require_finite(x, "x"); !finite) {
        return finite;
    }
    // Adding a constant to every coordinate does not move the projection: counted from the largest,
    // everything below −total ends at 0 and no sum can overflow.
    const double top = *std::max_element(x.begin(), x.end());
    std::vector<double> sorted(x.begin(), x.end());
    for (double& value : sorted) {
        value = std::max(value - top, -2 * total);
    }
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    double sum = 0;
    double threshold = 0;
    for (std::size_t k = 0; k < sorted.size(); ++k) {
        const double candidate = (sum + sorted[k] - total) / static_cast<double>(k + 1);
        if (sorted[k] <= candidate) {
            break;
        }
        sum += sorted[k];
        threshold = candidate;
    }
    for (double& value : x) {
        value = std::max(0.0, (value - top) - threshold);
    }
    return {};
}

}  // namespace soma::math
