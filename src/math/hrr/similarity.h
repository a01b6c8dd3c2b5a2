#pragma once
#include <cstddef>
#include <span>

namespace soma::math {

/// scores[q · items + i] = query q · item i, single precision; rows of `dimension` numbers lie one
/// after another in both. Many queries at once read the items from memory once and the queries from
/// the second cache. Relative to the lengths the error is below 1e-6. SIMD order: the same bits for
/// the same inputs on one CPU family. Thread-safe. O(items · queries · dimension).
void dot_table(std::span<const float> items, std::span<const float> queries, std::size_t dimension,
               std::span<float> scores);

}  // namespace soma::math
