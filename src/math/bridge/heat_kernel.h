#pragma once
#include <span>
#include <vector>

#include "math/graph/graph.h"

namespace soma::math {

/// The heat kernel K = exp(−βL) of a weighted graph: where a walker started at i is after time β.
/// It is symmetric, positive within a component, K1 = 1, K(β₁+β₂) = K(β₁)K(β₂), and K(0) = 1. β ≥ 0
/// with β·max degree ≤ 10⁶. All errors: wrong_shape, not_finite, out_of_range, overflow.

/// exp(−βL) x for any x, by the Chebyshev series on [0, 2·max degree] (Gershgorin holds every
/// eigenvalue there): Σ_k (2−δ_k0) e^{−z} I_k(z) (−1)^k T_k(·) with z = β·max degree. About √(60 z)
/// + 20 products with L; error ≤ 1e-13 ‖x‖₂, spread over all vertices.
Result<std::vector<double>> heat_action(const Laplacian& laplacian, double beta,
                                        std::span<const double> x);

/// exp(−βL) x for x ≥ 0 with every *entry* accurate (relative 1e-11), however small, by
/// uniformisation (Jensen 1953): Σ_k Poisson(z; k) (1 − L/max degree)^k x has only terms ≥ 0. About
/// z + 9√z + 40 products with L: dearer than the series above for large z, and the form for
/// products of kernels.
Result<std::vector<double>> heat_action_positive(const Laplacian& laplacian, double beta,
                                                 std::span<const double> x);

/// The whole kernel, row-major n × n, n ≤ 1,024, every entry accurate (relative 1e-11 until it
/// underflows): uniformisation for a time small enough, then squaring; all sums of terms ≥ 0. O(n³
/// log z).
Result<std::vector<double>> heat_kernel(const Laplacian& laplacian, double beta);

}  // namespace soma::math
