#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "math/hrr/spectrum.h"
#include "math/numerics/aligned.h"

namespace soma::math {

/// The item a noisy hypervector was most likely made from.
struct CleanUpMatch {
    std::size_t index = 0;  ///< position in order of add()
    double cosine = 0;      ///< of query and item, in [−1, 1], single precision (± 1e-6)
};

/// Clean-up memory: the nearest stored item by cosine, exactly. Items are kept at norm 1 in single
/// precision, weighted so that a plain dot product is the cosine (Parseval), and once more in int8.
/// The int8 copies x̂ are looked at first, a quarter of the bytes: with e = ‖x − x̂‖ known for items
/// and queries, Cauchy and Schwarz give |x·y − x̂·ŷ| ≤ e_x‖y‖ + ‖x̂‖e_y, and only items that this
/// bound leaves a chance are compared in full. Many queries at once are a matrix product in single
/// precision instead, which costs less than looking one by one.
/// O(items · D) a query; D · items ≤ 2^31. Reading is thread-safe, add() is not.
class CleanUp {
  public:
    /// Errors: wrong_shape.
    static Result<CleanUp> make(std::size_t dimension);

    /// Adds an item, normalised. Errors, adding nothing: wrong_shape, zero_vector, overflow.
    Result<std::size_t> add(const Spectrum& item);
    std::size_t size() const { return count_; }

    /// The nearest item of each query; equal cosines go to the lower index. Errors, for all queries
    /// together: empty (no items), wrong_shape, zero_vector, overflow.
    Result<std::vector<CleanUpMatch>> nearest(std::span<const Spectrum> queries) const;
    Result<CleanUpMatch> nearest(const Spectrum& query) const;

  private:
    /// Rows at norm 1 with their int8 copies; a batch of queries goes without copies.
    struct Rows {
        AlignedVector<float> units;
        AlignedVector<std::int8_t> codes;  ///< row_stride(D) bytes each
        std::vector<double> scales;        ///< unit ≈ scale · code
        std::vector<double> errors;        ///< ‖unit − scale · code‖
    };

    explicit CleanUp(std::size_t dimension) : dimension_(dimension) {}
    Result<> append_unit(const Spectrum& item, Rows& to) const;
    void append_code(Rows& to) const;
    CleanUpMatch nearest_of(const Rows& query) const;
    void look_at(const Rows& query, std::size_t from, std::size_t count, CleanUpMatch& best) const;
    std::vector<CleanUpMatch> nearest_of_each(const Rows& queries) const;

    std::size_t dimension_;
    std::size_t count_ = 0;
    Rows items_;
};

/// What random unit items and unitary keys should give, for k bound pairs in one trace, N items and
/// dimension D: the recovered item's dot product is 1 + N(0, (k−1)/D), every other's is N(0, k/D),
/// so
///   P(right) = ∫ φ(z) Φ((1 + z√((k−1)/D)) / √(k/D))^{N−1} dz.
/// Plate 1995, appendix; good to about 0.02 for D ≥ 64. k, N, D ≥ 1. Errors: out_of_range.
Result<double> predicted_cleanup_accuracy(std::size_t k, std::size_t items, std::size_t dimension);

}  // namespace soma::math
