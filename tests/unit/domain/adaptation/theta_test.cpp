#include "domain/adaptation/theta.h"

#include <gtest/gtest.h>

#include "domain/context/bundle.h"
#include "math/numerics/random.h"
#include "support/adaptation_law.h"

namespace soma::domain {
namespace {

using testing::adaptive_law;

TEST(Theta, BeginsAsTheFixedRecipeBitForBit) {
    const Theta theta = starting_theta(adaptive_law());
    EXPECT_EQ(theta.version, 0U);
    EXPECT_EQ(theta.weights, default_weights());
    EXPECT_EQ(theta.temperature, kDefaultTemperature);
    EXPECT_EQ(theta.lambda, 1);
    EXPECT_EQ(theta.mu, 0.25);
    EXPECT_EQ(theta.nu, 0.125);
}

TEST(Theta, TheScoreOverTauIsTheSumOfTheCoordinates) {
    Coordinates u{1, 0.25, 0.125, 4, 8, 2, 1, 0.5, 6, 0.25, 0.75};
    const Theta theta = theta_of(9, u, adaptive_law());
    EXPECT_EQ(theta.version, 9U);
    EXPECT_DOUBLE_EQ(theta.weights[View::dense] + theta.weights[View::lexical], 1);
    for (std::size_t v = 0; v < view_count; ++v) {
        EXPECT_NEAR(theta.weights.numbers[v] / theta.temperature, u[kUtilityCoordinates + v],
                    1e-12);
    }
}

TEST(Theta, AnyCoordinatesGiveWeightsExactlyWithinTheLaw) {
    math::Random random(7);
    for (int round = 0; round < 2'000; ++round) {
        auto law = adaptive_law();
        testing::range(law, AdaptiveParameter::alpha) = {random.uniform() * 0.6, 0.7};
        testing::range(law, AdaptiveParameter::beta) = {0.1, 0.1 + random.uniform()};
        testing::range(law, AdaptiveParameter::tau) = {0.07, 0.08 + random.uniform()};
        Coordinates anywhere{};
        for (double& value : anywhere) {
            value = (random.uniform() - 0.3) * 60;
        }
        const Theta theta = theta_of(1, anywhere, law);
        const auto inside = [&](AdaptiveParameter parameter, double value) {
            const auto& range = testing::range(law, parameter);
            EXPECT_TRUE(range.min <= value && value <= range.max)
                << parameter_name(parameter) << " " << value;
        };
        inside(AdaptiveParameter::lambda, theta.lambda);
        inside(AdaptiveParameter::mu, theta.mu);
        inside(AdaptiveParameter::nu, theta.nu);
        inside(AdaptiveParameter::alpha, theta.weights[View::dense]);
        inside(AdaptiveParameter::beta, theta.weights[View::graph]);
        inside(AdaptiveParameter::gamma, theta.weights[View::recency]);
        inside(AdaptiveParameter::tau, theta.temperature);
    }
}

}  // namespace
}  // namespace soma::domain
