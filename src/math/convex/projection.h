#pragma once
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// Euclidean projections Π_C(x) = argmin_{y ∈ C} ‖y − x‖ onto closed convex sets. They are
/// idempotent and non-expansive, ‖Πx − Πy‖ ≤ ‖x − y‖. Thread-safe.

/// Bounds for every coordinate: the set C a constitution gives for θ. At most 1,024 coordinates.
class Box {
  public:
    static constexpr std::size_t kLargestDimension = 1024;

    /// lower ≤ upper, both finite. Errors: empty, wrong_shape, not_finite, out_of_range.
    static Result<Box> make(std::vector<double> lower, std::vector<double> upper);

    std::size_t dimension() const { return lower_.size(); }
    const std::vector<double>& lower() const { return lower_; }
    const std::vector<double>& upper() const { return upper_; }
    /// ‖upper − lower‖₂, the D of regret bounds.
    double diameter() const;
    bool contains(std::span<const double> x) const;

    /// Clips x in place: exactly inside afterwards, and exactly unchanged if it was. O(n).
    /// Errors, changing nothing: wrong_shape, not_finite.
    Result<> project(std::span<double> x) const;

    friend bool operator==(const Box&, const Box&) = default;

  private:
    Box() = default;
    std::vector<double> lower_;
    std::vector<double> upper_;
};

/// Projects x in place onto {y ≥ 0, Σy = total} by sorting (Held et al. 1974; Duchi et al. 2008),
/// O(n log n). Σ = total within 1e-12 relative. Errors, changing nothing: empty, not_finite,
/// out_of_range (total not finite and above 0).
Result<> project_simplex(std::span<double> x, double total = 1);

}  // namespace soma::math
