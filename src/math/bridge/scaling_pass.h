#pragma once
#include <span>

namespace soma::math {

/// What one pass over a Sinkhorn kernel tells.
struct ScalingPass {
    double error = 0;    ///< Σ |uᵢ (Kv)ᵢ − μᵢ|, with the scalings u before the pass
    bool usable = true;  ///< false: a row with mass sums to less than 1e-250 or more than 1e250
};

/// u' = μ/(Kv) (0 where μ is 0) and columns = Kᵀu' in one reading of K, row-major n × m: a row is
/// still in the nearest cache when its scaling is known, so half of the memory traffic of two
/// products is gone. μ, u and next_u have n numbers, v and columns m. After an unusable row
/// next_u and columns are unspecified. SIMD order: the same bits for the same inputs on one CPU
/// family. Thread-safe.
ScalingPass scaling_pass(std::span<const double> kernel, std::span<const double> mu,
                         std::span<const double> u, std::span<const double> v,
                         std::span<double> next_u, std::span<double> columns);

}  // namespace soma::math
