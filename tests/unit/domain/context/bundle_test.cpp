#include "domain/context/bundle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace soma::domain {
namespace {

std::size_t count_bytes(std::string_view text) {
    return text.size();
}

ScoredMemory memory(double score, std::vector<std::int8_t> values, float scale = 1.0f / 127) {
    return {.text = "m",
            .speaker = {},
            .occurred_at = {},
            .score = score,
            .vector = {scale, std::move(values)}};
}

BundleInput input_of(std::vector<ScoredMemory> memories) {
    return {.situation = "q",
            .query = {1.0f / 127, {127, 0, 0}},
            .memories = std::move(memories),
            .working_memory = {},
            .token_budget = {}};
}

TEST(Bundle, WithoutMemoriesNothingIsExplained) {
    const auto bundle = make_bundle(input_of({}), count_bytes);
    EXPECT_TRUE(bundle.weights.empty());
    EXPECT_EQ(bundle.fused, (std::vector<float>{0, 0, 0}));
    EXPECT_FLOAT_EQ(bundle.residual[0], 1.0f);
}

TEST(Bundle, AMemoryEqualToTheQueryLeavesNoResidual) {
    const auto bundle = make_bundle(input_of({memory(1, {127, 0, 0})}), count_bytes);
    EXPECT_EQ(bundle.weights, std::vector<double>{1.0});
    EXPECT_EQ(bundle.residual, (std::vector<float>{0, 0, 0}));
}

TEST(Bundle, WeightsFollowTheSoftmaxAndFuse) {
    const auto bundle =
        make_bundle(input_of({memory(0.7, {127, 0, 0}), memory(0.6, {0, 127, 0})}), count_bytes);
    const double first = 1.0 / (1.0 + std::exp(-1.0));  // a gap of 0.1 at τ = 0.1
    EXPECT_NEAR(bundle.weights[0], first, 1e-12);
    EXPECT_NEAR(std::accumulate(bundle.weights.begin(), bundle.weights.end(), 0.0), 1.0, 1e-12);
    EXPECT_NEAR(bundle.fused[0], first, 1e-6);
    EXPECT_NEAR(bundle.fused[1], 1 - first, 1e-6);
    for (std::size_t d = 0; d < 3; ++d) {
        const float query = d == 0 ? 1.0f : 0.0f;
        EXPECT_NEAR(bundle.fused[d] + bundle.residual[d], query, 1e-6);
    }
}

TEST(Bundle, TheSessionsPastFadesByAFifthAnEntry) {
    auto input = input_of({});
    input.working_memory.resize(3);
    const auto bundle = make_bundle(input, count_bytes);
    ASSERT_EQ(bundle.session_weights.size(), 3U);
    EXPECT_NEAR(bundle.session_weights[2], 0.2, 1e-12) << "the newest";
    EXPECT_NEAR(bundle.session_weights[1], 0.16, 1e-12);
    EXPECT_NEAR(bundle.session_weights[0], 0.128, 1e-12) << "the oldest";
    EXPECT_TRUE(make_bundle(input_of({}), count_bytes).session_weights.empty());
}

}  // namespace
}  // namespace soma::domain
