#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/graph/graph.h"

namespace soma::math {

/// Parameters of personalised PageRank.
struct PageRankOptions {
    double restart = 0.15;     ///< α in (0, 1): the chance to jump back to the seeds at each step
    double tolerance = 1e-10;  ///< ‖residual‖₁ at which to stop, in [1e-15, 1]
    std::size_t most_sweeps = 10'000;
};

/// The ranks and how exact they are.
struct PageRankResult {
    std::vector<double> rank;  ///< π, n numbers ≥ 0 with sum 1 ± 1e-12
    double residual = 0;       ///< ‖α s + (1−α) Pᵀπ − π‖₁ at the end, ≤ tolerance
    std::size_t sweeps = 0;
};

/// Personalised PageRank, π = α s + (1−α) Pᵀ π, where P walks from a vertex to a neighbour in
/// proportion to the conductance of the edge; a vertex without neighbours is dangling, and its
/// walkers return to the seeds, so no mass is lost. `seeds` are n weights ≥ 0, not all zero; s is
/// their share.
///
/// By pushing residual (Andersen, Chung, Lang 2006): π + ppr(r) stays the answer while each push
/// moves a vertex's residual r_v, a share α to π_v and the rest on to its neighbours. Sweeps visit
/// the vertices in order and push those whose residual exceeds their part of the tolerance. Because
/// P is reversible, its stationary distribution (the weighted degree) is known for every component
/// and ppr(stationary) = stationary: after each sweep the residual's stationary part goes to π at
/// once, and only what mixes is pushed further, which saves most sweeps on well connected graphs.
/// O((n + m) · sweeps). Errors: wrong_shape, out_of_range, not_converged.
Result<PageRankResult> personalised_pagerank(const Graph& graph,
                                             std::span<const double> conductance,
                                             std::span<const double> seeds,
                                             const PageRankOptions& options = {});

}  // namespace soma::math
