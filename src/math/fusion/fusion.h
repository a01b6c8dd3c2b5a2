#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// An item and its fused score.
struct FusedItem {
    std::size_t item = 0;
    double score = 0;

    friend bool operator==(const FusedItem&, const FusedItem&) = default;
};

/// Reciprocal-rank fusion (Cormack, Clarke, Büttcher 2009): score(i) = Σ over rankings of
/// 1/(k + rank(i)), ranks from 1, nothing for rankings without i. Best first, then by item number.
/// k ≥ 0, 60 in the paper. O(total length · log). Errors: out_of_range (k; an item twice in a
/// ranking).
Result<std::vector<FusedItem>> reciprocal_rank_fusion(
    std::span<const std::vector<std::size_t>> rankings, double k = 60);

/// Maximal marginal relevance (Carbonell, Goldstein 1998): picks up to `count` items greedily by
///   λ·relevance(i) − (1−λ)·max_{j picked} similarity(i, j),
/// the penalty being 0 for the first pick; ties go to the lower item number. `similarity` is n × n.
/// 0 ≤ λ ≤ 1, n ≤ 4,096. O(n·count). Errors: wrong_shape, not_finite, out_of_range.
Result<std::vector<FusedItem>> maximal_marginal_relevance(std::span<const double> relevance,
                                                          std::span<const double> similarity,
                                                          double lambda, std::size_t count);

}  // namespace soma::math
