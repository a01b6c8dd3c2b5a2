#pragma once
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// What memory says about a query, and what it leaves unsaid.
struct Stream {
    std::vector<double> fused;  ///< f = Σ wᵢ mᵢ, d numbers
    std::vector<double>
        residual;  ///< r = q − f: the part of the query that memory does not explain
};

/// The fused stream of n memories (d numbers each, one after another) under weights wᵢ ≥ 0 with sum
/// 1 ± 1e-9, and the residual of the query. f lies in the convex hull of the memories; f + r = q
/// within a rounding. O(n d), thread-safe. Errors: empty (weights, query), wrong_shape, not_finite,
/// out_of_range (weights), overflow.
Result<Stream> fuse_stream(std::span<const double> weights, std::span<const double> memories,
                           std::span<const double> query);

}  // namespace soma::math
