#include "backends/embedder/minilm/linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace soma::backends {
namespace {

constexpr std::size_t kInputs = 96;
constexpr std::size_t kOutputs = 40;

std::vector<float> weights() {
    std::mt19937 random(11);
    std::normal_distribution<float> distribution(0.0F, 0.05F);
    std::vector<float> out(kOutputs * kInputs);
    for (float& w : out) w = distribution(random);
    std::fill_n(out.begin(), kInputs, 0.0F);  // an output without any weight
    return out;
}

/// The documented quantisation of one weight.
std::int32_t quantized(const std::vector<float>& w, const IntProduct& product, std::size_t n,
                       std::size_t k) {
    const float scale = product.scales()[n];
    return scale > 0 ? static_cast<std::int32_t>(std::lround(w[n * kInputs + k] / scale)) : 0;
}

TEST(IntProduct, IsExactForEveryNumberOfRows) {
    use_one_thread();
    const auto w = weights();
    const IntProduct product(w, kOutputs, kInputs);
    std::mt19937 random(12);
    for (std::size_t rows = 1; rows <= kMaxRows; rows += rows < 20 ? 1 : 29) {
        const std::size_t padded = padded_rows(rows);
        ASSERT_GE(padded, rows);
        ASSERT_LE(padded, kMaxRows);
        std::vector<std::uint8_t> x(padded * kInputs);
        for (auto& q : x) q = static_cast<std::uint8_t>(random() % (kLargestActivation + 1));
        std::vector<std::int32_t> out(padded * kOutputs);
        product.multiply(x.data(), rows, out.data());
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t n = 0; n < kOutputs; ++n) {
                std::int32_t expected = 0;
                for (std::size_t k = 0; k < kInputs; ++k) {
                    expected += x[row * kInputs + k] * quantized(w, product, n, k);
                }
                ASSERT_EQ(out[row * kOutputs + n], expected) << rows;
            }
        }
    }
}

TEST(IntProduct, TheLargestSumsDoNotSaturate) {
    // Every pair of products at its extreme: where 16-bit sums would give in first.
    for (const float sign : {1.0F, -1.0F}) {
        const std::vector<float> extreme(kOutputs * kInputs, sign);
        const IntProduct product(extreme, kOutputs, kInputs);
        const std::vector<std::uint8_t> x(8 * kInputs, kLargestActivation);
        std::vector<std::int32_t> out(8 * kOutputs);
        product.multiply(x.data(), 8, out.data());
        const auto expected = static_cast<std::int32_t>(sign) * 127 * kLargestActivation *
                              static_cast<std::int32_t>(kInputs);
        for (const std::int32_t sum : out) ASSERT_EQ(sum, expected);
    }
}

TEST(IntProduct, KnowsItsScalesAndColumnSums) {
    const auto w = weights();
    const IntProduct product(w, kOutputs, kInputs);
    EXPECT_EQ(product.scales()[0], 0.0F);
    EXPECT_EQ(product.column_sums()[0], 0);
    for (std::size_t n = 1; n < kOutputs; ++n) {
        float largest = 0;
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < kInputs; ++k) {
            largest = std::max(largest, std::abs(w[n * kInputs + k]));
            sum += quantized(w, product, n, k);
        }
        EXPECT_FLOAT_EQ(product.scales()[n], largest / 127.0F);
        EXPECT_EQ(product.column_sums()[n], sum);
    }
}

TEST(FloatProduct, EqualsADoubleSum) {
    use_one_thread();
    const auto w = weights();
    const FloatProduct product(w, kOutputs, kInputs);
    std::mt19937 random(13);
    std::normal_distribution<float> distribution;
    for (const std::size_t rows : {1U, 8U, 9U, 65U, 256U}) {
        std::vector<float> x(padded_rows(rows) * kInputs);
        for (float& value : x) value = distribution(random);
        std::vector<float> out(padded_rows(rows) * kOutputs);
        product.multiply(x.data(), rows, out.data());
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t n = 0; n < kOutputs; ++n) {
                double expected = 0;
                for (std::size_t k = 0; k < kInputs; ++k) {
                    expected += static_cast<double>(x[row * kInputs + k]) * w[n * kInputs + k];
                }
                ASSERT_NEAR(out[row * kOutputs + n], expected, 1e-5);
            }
        }
    }
}

TEST(IntProduct, ManyThreadsShareOneProduct) {
    const auto w = weights();
    const IntProduct product(w, kOutputs, kInputs);
    const std::vector<std::uint8_t> x(64 * kInputs, 77);
    std::vector<std::vector<std::int32_t>> outs(4, std::vector<std::int32_t>(64 * kOutputs));
    std::vector<std::thread> threads;
    for (auto& out : outs) {
        threads.emplace_back([&product, &x, &out] {
            use_one_thread();
            for (int i = 0; i < 50; ++i) product.multiply(x.data(), 64, out.data());
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& out : outs) EXPECT_EQ(out, outs[0]);
}

}  // namespace
}  // namespace soma::backends
