#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/graph/graph.h"

namespace soma::math {

/// Parameters of personalised PageRank.
struct PageRankOptions {
    double restart = 0.15;     ///< α in (0, 1): the chance to jump back to the seeds at each step
    double tolerance = 1e-10;  ///< ‖residual‖₁ to reach, in [1e-15, 1]
    std::size_t most_sweeps = 10'000;  ///< of conjugate gradients
};

/// The ranks and how exact they are.
struct PageRankResult {
    std::vector<double> rank;  ///< π, n numbers ≥ 0 with sum 1 ± 1e-12
    double residual = 0;       ///< ‖α s + (1−α) Pᵀπ − π‖₁ at the end, ≤ tolerance
    std::size_t sweeps = 0;    ///< of conjugate gradients; 0 when pushing sufficed
};

/// Personalised PageRank, π = α s + (1−α) Pᵀ π, where P walks from a vertex to a neighbour in
/// proportion to the conductance of the edge; a vertex without neighbours is dangling, and its
/// walkers return to the seeds, so no mass is lost. `seeds` are n weights ≥ 0, not all zero; s is
/// their share.
///
/// With x solving x = s + (1−α) Pᵀ x (walkers who never return) π is x over its sum, dangling
/// vertices included. Residual is pushed first (Andersen, Chung, Lang 2006): x + (walks from r)
/// stays the answer while a push moves a vertex's residual r_v to x_v and (1−α) r_v on to its
/// neighbours. Pushing reads only the vertices around the seeds, however large the graph. When it
/// has spread over a quarter of the edges what is left is solved for: P is reversible, so
/// 1 − (1−α) Pᵀ is self-adjoint under ⟨u, v⟩ = Σ uv/d with eigenvalues in [α, 2−α], and conjugate
/// gradients halve the error a step where iterating π takes away a share α. O(n) and, for pushing,
/// O(volume near the seeds · ln(1/tolerance)/α), else O((n + m) ln(1/tolerance)/√α).
/// Errors: wrong_shape, out_of_range, not_converged.
Result<PageRankResult> personalised_pagerank(const Laplacian& laplacian,
                                             std::span<const double> seeds,
                                             const PageRankOptions& options = {});

/// The same from conductances, for which the Laplacian is made first.
Result<PageRankResult> personalised_pagerank(const Graph& graph,
                                             std::span<const double> conductance,
                                             std::span<const double> seeds,
                                             const PageRankOptions& options = {});

}  // namespace soma::math
