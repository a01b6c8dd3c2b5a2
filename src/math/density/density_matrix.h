#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// A density matrix ρ over d-dimensional fillers: symmetric, positive semidefinite, trace 1. It
/// starts at I/d and forgets exponentially,
///   ρ ← (1−λ) ρ + λ Σ wᵢ f̂ᵢ f̂ᵢᵀ,   Σ wᵢ = 1, f̂ = f/‖f‖,
/// and is kept as B Bᵀ + c·I with at most r columns in B (frequent directions, Liberty 2013): when
/// a batch would leave more, the (r+1)-th eigenvalue δ is taken off every eigenvalue of BBᵀ and the
/// trace so lost goes to c. Nothing d × d is ever stored.
///
/// Laws: trace 1 ± 1e-12 and smallest eigenvalue ≥ −1e-12 after every update; the order inside a
/// batch does not matter; ‖ρ_exact − ρ‖₂ ≤ error_bound() ≤ ‖A − A_k‖²_F/(r+1−k) for every k ≤ r, A
/// being the decayed stack of all fillers. Cost of an update with m fillers: O(d(r+m)²/2 + (r+m)³);
/// of a score O(d·r). Reading is thread-safe.
class DensityMatrix {
  public:
    static constexpr std::size_t kLargestDimension = 8192;
    static constexpr std::size_t kLargestRank = 256;
    static constexpr std::size_t kLargestBatch = 1024;

    /// ρ = I/d. 1 ≤ d ≤ 8,192, 1 ≤ r ≤ min(d, 256). Errors: wrong_shape.
    static Result<DensityMatrix> make(std::size_t dimension, std::size_t rank);

    /// One update. `fillers` holds m vectors of d numbers one after another, of any length but
    /// zero; weights are m numbers ≥ 0 with sum 1 ± 1e-9; 0 ≤ λ ≤ 1. Errors, changing nothing:
    /// empty, wrong_shape, not_finite, zero_vector, out_of_range.
    Result<> update(double lambda, std::span<const double> fillers,
                    std::span<const double> weights);

    /// ρx, d numbers. Errors: wrong_shape, not_finite.
    Result<std::vector<double>> apply(std::span<const double> x) const;

    /// s_k = f̂ᵀ ρ f_k for each of the candidates (one after another in memory): ρ f̂ is computed
    /// once. Errors: wrong_shape, not_finite.
    Result<std::vector<double>> scores(std::span<const double> query,
                                       std::span<const double> candidates) const;

    std::size_t dimension() const { return dimension_; }
    std::size_t rank() const { return rank_; }
    /// Columns in use, ≤ r.
    std::size_t columns() const { return columns_.size() / dimension_; }
    double trace() const;
    /// tr ρ², in [1/d, 1].
    double purity() const;
    /// −Σ λ ln λ over all d eigenvalues, in [0, ln d].
    double entropy() const;
    /// All d eigenvalues, largest first.
    std::vector<double> eigenvalues() const;
    /// The accumulated, decayed shrinkage Δ ← (1−λ)Δ + δ.
    double error_bound() const { return error_bound_; }
    /// Row-major d × d, for tests and small d only.
    std::vector<double> dense() const;

  private:
    DensityMatrix(std::size_t dimension, std::size_t rank);
    void shrink(double& lost_per_direction);

    std::size_t dimension_;
    std::size_t rank_;
    std::vector<double> columns_;  ///< B, column after column
    double identity_;              ///< c
    double error_bound_ = 0;
};

}  // namespace soma::math
