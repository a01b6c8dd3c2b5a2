#include "math/quantize.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace soma::math {
namespace {

TEST(Quantize, KnownAnswerRoundsHalfToEven) {
    const std::vector<float> vector{127.0f, 0.5f, 1.5f, -2.5f, 0.0f};
    const auto q = quantize(vector);
    EXPECT_EQ(q.scale, 1.0f);
    EXPECT_EQ(q.values, (std::vector<std::int8_t>{127, 0, 2, -2, 0}));
}

TEST(Quantize, ZeroAndSubnormalVectors) {
    EXPECT_EQ(quantize(std::vector<float>(3, 0.0f)).values, (std::vector<std::int8_t>{0, 0, 0}));
    const float tiny = std::numeric_limits<float>::denorm_min();
    EXPECT_EQ(quantize(std::vector<float>{tiny, -tiny}).values,
              (std::vector<std::int8_t>{127, -127}));
}

TEST(Quantize, ErrorIsWithinHalfAStep) {
    ASSERT_TRUE(rc::check([](const std::vector<std::int16_t>& raw) {
        std::vector<float> vector(raw.begin(), raw.end());
        const auto q = quantize(vector);
        const auto back = dequantize(q);
        for (std::size_t i = 0; i < vector.size(); ++i) {
            RC_ASSERT(std::fabs(back[i] - vector[i]) <= q.scale * 0.5001f);
        }
    }));
}

TEST(Normalize, RefusesZeroAndNonFinite) {
    std::vector<float> zero(4, 0.0f);
    EXPECT_FALSE(normalize(zero));
    std::vector<float> nan{1.0f, std::nanf("")};
    EXPECT_FALSE(normalize(nan));
    std::vector<float> infinite{1.0f, HUGE_VALF};
    EXPECT_FALSE(normalize(infinite));
    std::vector<float> large{3e38f, 3e38f};
    ASSERT_TRUE(normalize(large));
    EXPECT_NEAR(large[0], std::sqrt(0.5), 1e-7);
}

}  // namespace
}  // namespace soma::math
