#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace soma::math {

/// Integer dot products of int8 vectors: exact in int32 for dimensions up to 2,048 (|sum| ≤ 2^25),
/// so every CPU gives the same numbers whichever instructions it has (AVX2, AVX-512, NEON: chosen
/// once, at the first call). Rows lie back to back, `stride` bytes each, zero-padded behind the
/// dimension.

/// Bytes a row takes: the dimension rounded up to one cache line.
constexpr std::size_t row_stride(std::size_t dimension) {
    return (dimension + 63) / 64 * 64;
}

/// Σ a_i b_i; any length up to 2,048 · 2^5, any alignment.
std::int32_t dot_product(std::span<const std::int8_t> a, std::span<const std::int8_t> b);

/// out[i] = query · row i, for `count` consecutive rows. `query` has `stride` bytes too (padding
/// 0); `stride` is a multiple of 64.
void dot_products(const std::int8_t* query, const std::int8_t* rows, std::size_t stride,
                  std::size_t count, std::int32_t* out);

/// The same for chosen rows only: bit i of `mask` asks for row i (of 64); other out[i] are left
/// alone.
void dot_products_masked(const std::int8_t* query, const std::int8_t* rows, std::size_t stride,
                         std::uint64_t mask, std::int32_t* out);

}  // namespace soma::math
