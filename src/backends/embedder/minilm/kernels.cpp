#include "backends/embedder/minilm/kernels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/embedder/minilm/simd.h"

namespace soma::backends {
namespace {

constexpr std::size_t kLanes = Float8::kLanes;
constexpr float kLayerNormEpsilon = 1e-12F;
constexpr std::size_t kQueryTile = 4;  // query rows scored together: their keys are loaded once
constexpr std::size_t kKeyTile = 2 * kLanes;

std::size_t round_up(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

/// e^x for x in [-87, 88], clamped outside: x = n·ln 2 + r, then the Cephes polynomial for e^r
/// (relative error below 2e-7).
inline Float8 exponential(Float8 x) {
    x = Float8::min(Float8::max(x, Float8::all(-87.0F)), Float8::all(88.0F));
    const Float8 n = Float8::round(x * Float8::all(1.44269504088896341F));
    Float8 r = Float8::fma(n, Float8::all(-0.693359375F), x);
    r = Float8::fma(n, Float8::all(2.12194440e-4F), r);
    Float8 p = Float8::all(1.9875691500e-4F);
    p = Float8::fma(p, r, Float8::all(1.3981999507e-3F));
    p = Float8::fma(p, r, Float8::all(8.3334519073e-3F));
    p = Float8::fma(p, r, Float8::all(4.1665795894e-2F));
    p = Float8::fma(p, r, Float8::all(1.6666665459e-1F));
    p = Float8::fma(p, r, Float8::all(5.0000001201e-1F));
    p = Float8::fma(p, r * r, r + Float8::all(1.0F));
    return p * Float8::exponent(n);
}

inline Float8 error_function(Float8 x) {
    const Float8 one = Float8::all(1.0F);
    const Float8 magnitude = Float8::copy_sign(x, one);
    const Float8 t = one / Float8::fma(magnitude, Float8::all(0.3275911F), one);
    Float8 p = Float8::all(1.061405429F);
    p = Float8::fma(p, t, Float8::all(-1.453152027F));
    p = Float8::fma(p, t, Float8::all(1.421413741F));
    p = Float8::fma(p, t, Float8::all(-0.284496736F));
    p = Float8::fma(p, t, Float8::all(0.254829592F));
    const Float8 tail = p * t * exponential(Float8::all(0) - x * x);
    return Float8::copy_sign(one - tail, x);
}

/// One head's inputs laid out for the tiles below: queries already divided by √32, keys transposed,
/// everything zero beyond the last token.
struct Head {
    std::size_t tokens;
    std::size_t padded;  ///< tokens rounded up to the key tile
    float* queries;      ///< padded × 32
    float* keys;         ///< 32 × padded
    float* values;       ///< padded × 32
    float* scores;       ///< kQueryTile × padded
};

void gather(std::span<const float> projected, std::size_t heads, std::size_t head, Head& to) {
    const std::size_t hidden = heads * kHeadSize;
    const float shrink = 1.0F / std::sqrt(static_cast<float>(kHeadSize));
    for (std::size_t row = 0; row < to.padded; ++row) {
        const bool inside = row < to.tokens;
        const float* from = projected.data() + (inside ? row * 3 * hidden : 0) + head * kHeadSize;
        for (std::size_t d = 0; d < kHeadSize; ++d) {
            to.queries[row * kHeadSize + d] = inside ? from[d] * shrink : 0.0F;
            to.keys[d * to.padded + row] = inside ? from[hidden + d] : 0.0F;
            to.values[row * kHeadSize + d] = inside ? from[2 * hidden + d] : 0.0F;
        }
    }
}

/// scores[i][j] = queries[first + i] · keys[j] for four queries. The accumulators are written out:
/// at -O2 the compiler keeps single variables in registers, not arrays.
void score_tile(const Head& head, std::size_t first) {
    const float* query = head.queries + first * kHeadSize;
    for (std::size_t key = 0; key < head.padded; key += kKeyTile) {
        Float8 a0 = Float8::all(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        for (std::size_t d = 0; d < kHeadSize; ++d) {
            const Float8 left = Float8::load(head.keys + d * head.padded + key);
            const Float8 right = Float8::load(head.keys + d * head.padded + key + kLanes);
            const Float8 a = Float8::all(query[d]);
            const Float8 b = Float8::all(query[kHeadSize + d]);
            const Float8 c = Float8::all(query[2 * kHeadSize + d]);
            const Float8 e = Float8::all(query[3 * kHeadSize + d]);
            a0 = Float8::fma(a, left, a0);
            a1 = Float8::fma(a, right, a1);
            b0 = Float8::fma(b, left, b0);
            b1 = Float8::fma(b, right, b1);
            c0 = Float8::fma(c, left, c0);
            c1 = Float8::fma(c, right, c1);
            d0 = Float8::fma(e, left, d0);
            d1 = Float8::fma(e, right, d1);
        }
        float* out = head.scores + key;
        a0.store(out);
        a1.store(out + kLanes);
        b0.store(out + head.padded);
        b1.store(out + head.padded + kLanes);
        c0.store(out + 2 * head.padded);
        c1.store(out + 2 * head.padded + kLanes);
        d0.store(out + 3 * head.padded);
        d1.store(out + 3 * head.padded + kLanes);
    }
}

/// Softmax in place over the first `tokens` of a padded row; the rest becomes exactly 0.
void softmax(float* row, std::size_t tokens, std::size_t padded) {
    std::fill(row + tokens, row + padded, -1e30F);
    Float8 top = Float8::load(row);
    for (std::size_t i = kLanes; i < padded; i += kLanes) {
        top = Float8::max(top, Float8::load(row + i));
    }
    const Float8 largest = Float8::all(top.largest());
    for (std::size_t i = 0; i < padded; i += kLanes) {
        exponential(Float8::load(row + i) - largest).store(row + i);
    }
    std::fill(row + tokens, row + padded, 0.0F);
    Float8 total = Float8::all(0);
    for (std::size_t i = 0; i < padded; i += kLanes) total = total + Float8::load(row + i);
    const Float8 scale = Float8::all(1.0F / total.sum());
    for (std::size_t i = 0; i < padded; i += kLanes) (Float8::load(row + i) * scale).store(row + i);
}

/// Two output rows at once: Σ_j p[j] · values[j].
void blend_pair(const Head& head, const float* p, float* first, float* second) {
    Float8 a0 = Float8::all(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (std::size_t j = 0; j < head.tokens; ++j) {
        const float* value = head.values + j * kHeadSize;
        const Float8 a = Float8::all(p[j]);
        const Float8 b = Float8::all(p[head.padded + j]);
        const Float8 v0 = Float8::load(value);
        const Float8 v1 = Float8::load(value + kLanes);
        const Float8 v2 = Float8::load(value + 2 * kLanes);
        const Float8 v3 = Float8::load(value + 3 * kLanes);
        a0 = Float8::fma(a, v0, a0);
        a1 = Float8::fma(a, v1, a1);
        a2 = Float8::fma(a, v2, a2);
        a3 = Float8::fma(a, v3, a3);
        b0 = Float8::fma(b, v0, b0);
        b1 = Float8::fma(b, v1, b1);
        b2 = Float8::fma(b, v2, b2);
        b3 = Float8::fma(b, v3, b3);
    }
    const Float8 rows[2][4] = {{a0, a1, a2, a3}, {b0, b1, b2, b3}};
    for (std::size_t i = 0; i < 4; ++i) {
        rows[0][i].store(first + i * kLanes);
        if (second != nullptr) rows[1][i].store(second + i * kLanes);
    }
}

}  // namespace

RowScale quantize_row(std::span<const float> row, std::int32_t largest,
                      std::span<std::uint8_t> out) {
    Float8 low = Float8::all(0);
    Float8 high = low;
    for (std::size_t i = 0; i < row.size(); i += kLanes) {
        const Float8 x = Float8::load(row.data() + i);
        low = Float8::min(low, x);
        high = Float8::max(high, x);
    }
    const float minimum = low.smallest();
    const float range = high.largest() - minimum;
    if (range == 0) {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
        return {};
    }
    const float steps = static_cast<float>(largest);
    const float inverse = steps / range;
    const auto zero = static_cast<std::int32_t>(std::nearbyint(-minimum * inverse));
    const Float8 shift = Float8::all(static_cast<float>(zero));
    for (std::size_t i = 0; i < row.size(); i += kLanes) {
        // Both ends can round half a step outward: clamp, then the bytes are exact.
        const Float8 x = Float8::load(row.data() + i);
        const Float8 q = Float8::round(x * Float8::all(inverse)) + shift;
        Float8::min(Float8::max(q, Float8::all(0)), Float8::all(steps)).store_bytes(&out[i]);
    }
    return {range / steps, zero};
}

void layer_norm(std::span<float> row, std::span<const float> gain, std::span<const float> bias) {
    const float count = static_cast<float>(row.size());
    Float8 total = Float8::all(0);
    for (std::size_t i = 0; i < row.size(); i += kLanes) {
        total = total + Float8::load(row.data() + i);
    }
    const Float8 mean = Float8::all(total.sum() / count);
    Float8 squares = Float8::all(0);
    for (std::size_t i = 0; i < row.size(); i += kLanes) {
        const Float8 x = Float8::load(row.data() + i) - mean;
        squares = Float8::fma(x, x, squares);
    }
    const float variance = squares.sum() / count;
    const Float8 scale = Float8::all(1.0F / std::sqrt(variance + kLayerNormEpsilon));
    for (std::size_t i = 0; i < row.size(); i += kLanes) {
        const Float8 x = (Float8::load(row.data() + i) - mean) * scale;
        Float8::fma(x, Float8::load(gain.data() + i), Float8::load(bias.data() + i))
            .store(row.data() + i);
    }
}

void gelu(std::span<float> row) {
    for (std::size_t i = 0; i < row.size(); i += kLanes) {
        const Float8 x = Float8::load(row.data() + i);
        const Float8 half = x * Float8::all(0.5F);
        const Float8 phi = error_function(x * Float8::all(0.70710678118654752F));
        Float8::fma(half, phi, half).store(row.data() + i);
    }
}

std::size_t attention_scratch(std::size_t tokens) {
    return round_up(tokens, kKeyTile) * (3 * kHeadSize + kQueryTile);
}

void attention(std::span<const float> projected, std::size_t tokens, std::size_t heads,
               std::span<float> scratch, std::span<float> out) {
    const std::size_t padded = round_up(tokens, kKeyTile);
    const std::size_t block = padded * kHeadSize;
    float* base = scratch.data();
    Head head{tokens, padded, base, base + block, base + 2 * block, base + 3 * block};
    const std::size_t hidden = heads * kHeadSize;
    for (std::size_t h = 0; h < heads; ++h) {
        gather(projected, heads, h, head);
        for (std::size_t first = 0; first < tokens; first += kQueryTile) {
            score_tile(head, first);
            const std::size_t rows = std::min(kQueryTile, tokens - first);
            for (std::size_t row = 0; row < rows; ++row) {
                softmax(head.scores + row * padded, tokens, padded);
            }
            for (std::size_t row = 0; row < rows; row += 2) {
                float* to = out.data() + (first + row) * hidden + h * kHeadSize;
                blend_pair(head, head.scores + row * padded, to,
                           row + 1 < rows ? to + hidden : nullptr);
            }
        }
    }
}

void mean_pool(std::span<const float> rows, std::size_t tokens, std::span<float> out) {
    double squares = 0;
    const std::size_t width = out.size();
    for (std::size_t i = 0; i < width; ++i) {
        double total = 0;
        for (std::size_t row = 0; row < tokens; ++row) total += rows[row * width + i];
        const double mean = total / static_cast<double>(tokens);
        squares += mean * mean;
        out[i] = static_cast<float>(mean);
    }
    const double scale = squares > 0 ? 1.0 / std::sqrt(squares) : 0.0;
    for (float& value : out) value = static_cast<float>(value * scale);
}

}  // namespace soma::backends
