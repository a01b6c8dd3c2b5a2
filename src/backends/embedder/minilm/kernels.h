#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace soma::backends {

/// The arithmetic of a BERT layer between its matrix products. Everything works on one row or one
/// text at a time, so a result never depends on what else is being computed. Lengths of rows are
/// multiples of 8 (hidden sizes are). Pure, safe from any thread.

/// One row as unsigned integers: x ≈ scale · (q − zero), q in [0, largest].
struct RowScale {
    float scale = 0;
    std::int32_t zero = 0;
};

/// Asymmetric quantisation over the row's own range, widened to hold 0, half to even.
RowScale quantize_row(std::span<const float> row, std::int32_t largest,
                      std::span<std::uint8_t> out);

/// row = (row − mean) / sqrt(variance + 1e-12) · gain + bias (Ba, Kiros, Hinton 2016).
void layer_norm(std::span<float> row, std::span<const float> gain, std::span<const float> bias);

/// x · Φ(x), Φ by Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7).
void gelu(std::span<float> row);

/// The layout of attention: `heads` heads of 32 floats each.
inline constexpr std::size_t kHeadSize = 32;

/// Scratch floats `attention` needs for a text of `tokens` tokens.
std::size_t attention_scratch(std::size_t tokens);

/// softmax(Q·Kᵀ / √32)·V for every head. `projected` holds rows of [Q | K | V], each 32·heads wide;
/// `out` gets rows of 32·heads.
void attention(std::span<const float> projected, std::size_t tokens, std::size_t heads,
               std::span<float> scratch, std::span<float> out);

/// Mean over the rows, then unit length, summed in double.
void mean_pool(std::span<const float> rows, std::size_t tokens, std::span<float> out);

}  // namespace soma::backends
