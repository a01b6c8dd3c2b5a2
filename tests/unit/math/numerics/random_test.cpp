#include "math/numerics/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace soma::math {
namespace {

TEST(Random, TheSameSeedGivesTheSameNumbersEverywhere) {
    // xoshiro256++ from SplitMix64(0), by an independent Python transcription of the two papers.
    Random random(0);
    EXPECT_EQ(random.next(), 0x53175d61490b23dfULL);
    EXPECT_EQ(random.next(), 0x61da6f3dc380d507ULL);
    EXPECT_EQ(random.next(), 0x5c0fdf91ec9a7bfcULL);
}

TEST(Random, MomentsOfTheNormal) {
    Random random(7);
    constexpr int kDraws = 200'000;
    double moments[4] = {0, 0, 0, 0};
    for (int i = 0; i < kDraws; ++i) {
        const double x = random.normal();
        double power = 1;
        for (double& moment : moments) {
            power *= x;
            moment += power / kDraws;
        }
    }
    EXPECT_NEAR(moments[0], 0, 0.01);
    EXPECT_NEAR(moments[1], 1, 0.02);
    EXPECT_NEAR(moments[2], 0, 0.05);
    EXPECT_NEAR(moments[3], 3, 0.15);
}

TEST(Random, BelowIsEvenAndUniformStaysInside) {
    Random random(1);
    std::vector<int> counts(7);
    for (int i = 0; i < 70'000; ++i) {
        ++counts[random.below(7)];
        const double u = random.uniform(-2, 3);
        ASSERT_GE(u, -2);
        ASSERT_LT(u, 3);
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 10'000, 500);
    }
}

}  // namespace
}  // namespace soma::math
