#include "backends/embedder/minilm/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "backends/embedder/minilm/simd.h"

namespace soma::backends {
namespace {

std::vector<float> normal(std::size_t count, float spread, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> distribution(0.0F, spread);
    std::vector<float> out(count);
    for (float& value : out) value = distribution(random);
    return out;
}

TEST(Kernels, QuantizedRowsComeBackWithinHalfAStep) {
    std::vector<float> row = normal(384, 2.0F, 1);
    for (const float shift : {0.0F, 5.0F, -40.0F}) {
        for (float& x : row) x += shift;
        for (const std::int32_t largest : {127, 255}) {
            std::vector<std::uint8_t> bytes(row.size());
            const RowScale scale = quantize_row(row, largest, bytes);
            for (std::size_t i = 0; i < row.size(); ++i) {
                ASSERT_LE(bytes[i], largest);
                const float back = scale.scale * static_cast<float>(bytes[i] - scale.zero);
                // Half a step for the value, half for the zero point.
                ASSERT_NEAR(back, row[i], scale.scale * 1.001F);
            }
        }
    }
}

TEST(Kernels, ZeroIsExactInEveryRow) {
    // Padding and the outlier columns rely on it.
    std::vector<float> row = normal(64, 1.0F, 2);
    for (float& x : row) x = std::abs(x) + 3.0F;
    row[17] = 0.0F;
    std::vector<std::uint8_t> bytes(row.size());
    const RowScale scale = quantize_row(row, 127, bytes);
    EXPECT_EQ(bytes[17], scale.zero);

    const std::vector<float> zeros(64);
    const RowScale none = quantize_row(zeros, 127, bytes);
    EXPECT_EQ(none.scale, 0.0F);
    EXPECT_EQ(none.zero, 0);
    EXPECT_EQ(std::count(bytes.begin(), bytes.end(), 0), 64);
}

TEST(Kernels, LayerNormEqualsItsFormula) {
    for (const float offset : {0.0F, 100.0F}) {
        std::vector<float> row = normal(384, 3.0F, 3);
        for (float& x : row) x += offset;
        const auto gain = normal(384, 1.0F, 4);
        const auto bias = normal(384, 1.0F, 5);
        double mean = 0;
        for (const float x : row) mean += x / 384.0;
        double variance = 0;
        for (const float x : row) variance += (x - mean) * (x - mean) / 384.0;
        std::vector<double> expected;
        for (std::size_t i = 0; i < row.size(); ++i) {
            expected.push_back((row[i] - mean) / std::sqrt(variance + 1e-12) * gain[i] + bias[i]);
        }
        layer_norm(row, gain, bias);
        for (std::size_t i = 0; i < row.size(); ++i) ASSERT_NEAR(row[i], expected[i], 2e-5);
    }
}

TEST(Kernels, ARowOfEqualNumbersHasNoNan) {
    std::vector<float> row(16, 4.0F);
    const std::vector<float> ones(16, 1.0F);
    layer_norm(row, ones, ones);
    for (const float x : row) EXPECT_EQ(x, 1.0F);
}

TEST(Kernels, GeluEqualsItsFormula) {
    std::vector<float> row;
    for (float x = -12.0F; x < 12.0F; x += 0.0078125F) row.push_back(x);
    row.push_back(-0.0F);
    row.push_back(1e-20F);
    row.push_back(-1e4F);
    row.push_back(1e4F);
    while (row.size() % Float8::kLanes != 0) row.push_back(0.0F);
    const std::vector<float> before = row;
    gelu(row);
    for (std::size_t i = 0; i < row.size(); ++i) {
        const double x = before[i];
        const double expected = 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
        ASSERT_NEAR(row[i], expected, 1e-6 * std::max(1.0, std::abs(x))) << x;
    }
}

/// softmax(Q·Kᵀ/√32)·V in double, straight from the definition.
std::vector<double> plain_attention(const std::vector<float>& projected, std::size_t tokens,
                                    std::size_t heads) {
    const std::size_t hidden = heads * kHeadSize;
    const auto at = [&](std::size_t token, std::size_t part, std::size_t i) {
        return static_cast<double>(projected[token * 3 * hidden + part * hidden + i]);
    };
    std::vector<double> out(tokens * hidden);
    for (std::size_t h = 0; h < heads; ++h) {
        for (std::size_t q = 0; q < tokens; ++q) {
            std::vector<double> weights(tokens);
            double total = 0;
            for (std::size_t k = 0; k < tokens; ++k) {
                double dot = 0;
                for (std::size_t d = h * kHeadSize; d < (h + 1) * kHeadSize; ++d) {
                    dot += at(q, 0, d) * at(k, 1, d);
                }
                weights[k] = std::exp(dot / std::sqrt(32.0));
                total += weights[k];
            }
            for (std::size_t d = h * kHeadSize; d < (h + 1) * kHeadSize; ++d) {
                for (std::size_t k = 0; k < tokens; ++k) {
                    out[q * hidden + d] += weights[k] / total * at(k, 2, d);
                }
            }
        }
    }
    return out;
}

TEST(Kernels, AttentionEqualsItsFormulaForEveryRemainder) {
    // All remainders of the tiles (4 queries, 2 output rows, 16 keys), one token included.
    constexpr std::size_t kHeads = 3;
    for (const std::size_t tokens : {1U, 2U, 3U, 4U, 5U, 7U, 15U, 16U, 17U, 18U, 33U, 70U}) {
        const auto projected = normal(tokens * 3 * kHeads * kHeadSize, 1.0F, 6);
        // Scratch full of rubbish: what a text leaves behind must not reach the next.
        std::vector<float> scratch(attention_scratch(tokens), 1e30F);
        std::vector<float> out(tokens * kHeads * kHeadSize);
        attention(projected, tokens, kHeads, scratch, out);
        const auto expected = plain_attention(projected, tokens, kHeads);
        for (std::size_t i = 0; i < out.size(); ++i) {
            ASSERT_NEAR(out[i], expected[i], 1e-5) << tokens;
        }
    }
}

TEST(Kernels, AttentionStaysFiniteWhereScoresAreHuge) {
    auto projected = normal(std::size_t{20} * 3 * kHeadSize, 1.0F, 7);
    for (float& x : projected) x *= 1000.0F;
    std::vector<float> scratch(attention_scratch(20));
    std::vector<float> out(20 * kHeadSize);
    attention(projected, 20, 1, scratch, out);
    for (const float x : out) ASSERT_TRUE(std::isfinite(x));
}

TEST(Kernels, MeanPoolingCountsEveryRowAndNoOther) {
    std::vector<float> rows = {1, 0, 0, 2, 0, 2, 0, 0, 99, 99, 99, 99};
    std::vector<float> out(4);
    mean_pool(rows, 2, out);  // the mean of (1,0,0,2) and (0,2,0,0)
    EXPECT_NEAR(out[0], 1.0 / 3.0, 1e-6);
    EXPECT_NEAR(out[1], 2.0 / 3.0, 1e-6);
    EXPECT_EQ(out[2], 0.0F);
    EXPECT_NEAR(out[3], 2.0 / 3.0, 1e-6);
    rows.assign(12, 0.0F);
    mean_pool(rows, 3, out);
    EXPECT_EQ(out, std::vector<float>(4));
}

}  // namespace
}  // namespace soma::backends
