#include "math/weights.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "support/property.h"

namespace soma::math {
namespace {

std::vector<double> some_scores() {
    auto scores =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-1000, 1000)));
    std::vector<double> result;
    for (const int score : scores) {
        result.push_back(score / 100.0);
    }
    return result;
}

TEST(Weights, SoftmaxSumsToOneIsPositiveAndKeepsTheOrder) {
    test::property([] {
        const auto scores = some_scores();
        const double temperature = *rc::gen::inRange(1, 1000) / 100.0;
        const auto weights = *softmax(scores, temperature);
        RC_ASSERT(std::abs(std::accumulate(weights.begin(), weights.end(), 0.0) - 1) <= 1e-12);
        for (std::size_t i = 0; i < scores.size(); ++i) {
            RC_ASSERT(weights[i] >= 0);
            for (std::size_t j = 0; j < scores.size(); ++j) {
                RC_ASSERT((scores[i] == scores[j]) <= (weights[i] == weights[j]));
                RC_ASSERT((scores[i] > scores[j]) <= (weights[i] >= weights[j]));
            }
        }
    });
}

TEST(Weights, SoftmaxDoesNotSeeAConstantAddedToAll) {
    test::property([] {
        const auto scores = some_scores();
        auto shifted = scores;
        // A power of two keeps the differences exact.
        const double shift = std::ldexp(1.0, *rc::gen::inRange(0, 30));
        for (double& score : shifted) {
            score = std::round(score * 1024) / 1024 + shift;
        }
        auto plain = scores;
        for (double& score : plain) {
            score = std::round(score * 1024) / 1024;
        }
        RC_ASSERT(*softmax(plain, 0.1) == *softmax(shifted, 0.1));
    });
}

TEST(Weights, SoftmaxOfTwoIsTheLogisticFunction) {
    const auto weights = *softmax(std::vector<double>{0.3, 0.1}, 0.1);
    EXPECT_NEAR(weights[0], 1 / (1 + std::exp(-2.0)), 1e-15);
}

TEST(Weights, TemperatureLimits) {
    const std::vector<double> scores = {0.1, 0.3, 0.2};
    EXPECT_EQ(*softmax(scores, 1e-9), (std::vector<double>{0, 1, 0}));
    const auto uniform = *softmax(scores, 1e12);
    for (const double weight : uniform) {
        EXPECT_NEAR(weight, 1.0 / 3, 1e-12);
    }
}

TEST(Weights, SoftmaxOfExtremesIsFiniteAndNonsenseIsRefused) {
    const double huge = std::numeric_limits<double>::max();
    EXPECT_EQ(*softmax(std::vector<double>{huge, -huge}, 0.1), (std::vector<double>{1, 0}));
    EXPECT_TRUE(softmax({}, 0.1)->empty());
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(softmax(std::vector<double>{infinity}, 0.1));
    EXPECT_FALSE(softmax(std::vector<double>{std::nan("")}, 0.1));
    for (const double temperature : {0.0, -1.0, std::nan("")}) {
        EXPECT_FALSE(softmax(std::vector<double>{1}, temperature));
    }
}

TEST(Weights, RecencyHalvesWithEveryHalfLife) {
    EXPECT_EQ(recency(0, 30), 1);
    EXPECT_NEAR(recency(30, 30), 0.5, 1e-12);
    EXPECT_NEAR(recency(90, 30), 0.125, 1e-12);
    EXPECT_EQ(recency(-5, 30), 1);
}

}  // namespace
}  // namespace soma::math
