#include "domain/adaptation/coordinates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "math/numerics/random.h"
#include "support/adaptation_law.h"

namespace soma::domain {
namespace {

using testing::adaptive_law;

constexpr std::size_t at(View view) {
    return kUtilityCoordinates + static_cast<std::size_t>(view);
}

TEST(Coordinates, LearningBeginsAtTheFixedRecipeWhereTheLawLetsIt) {
    const auto start = starting_coordinates(adaptive_law());
    Coordinates expected{1, 0.25, 0.125, 5, 5, 3, 2, 1, 4, 0, 0, 0, 0};
    std::copy(kStartingCalibration.begin(), kStartingCalibration.end(),
              expected.begin() + kCalibrationFirst);
    EXPECT_EQ(start, expected);
}

TEST(Coordinates, TheStartIsBroughtWithinTheLaw) {
    auto law = adaptive_law();
    testing::range(law, AdaptiveParameter::alpha) = {0.75, 1};
    testing::range(law, AdaptiveParameter::beta) = {0.25, 0.5};
    testing::range(law, AdaptiveParameter::tau) = {0.25, 0.5};
    const auto start = starting_coordinates(law);
    EXPECT_EQ(start[at(View::dense)], 3);
    EXPECT_EQ(start[at(View::lexical)], 1);
    EXPECT_EQ(start[at(View::graph)], 1);
    EXPECT_DOUBLE_EQ(start[at(View::facet)], 1.2);
    EXPECT_TRUE(learning_box(law).contains(start));
}

TEST(Coordinates, AShareAboveOneMeansOne) {
    auto law = adaptive_law();
    testing::range(law, AdaptiveParameter::alpha) = {2, 3};
    const auto start = starting_coordinates(law);
    EXPECT_EQ(start[at(View::dense)], 10);
    EXPECT_EQ(start[at(View::lexical)], 0);
    EXPECT_TRUE(learning_box(law).contains(start));
}

TEST(Coordinates, TheBoxIsTheWidestOfOneFactor) {
    const auto box = learning_box(adaptive_law());
    EXPECT_EQ(box.lower()[at(View::dense)], 5 / kWidestFactor);
    EXPECT_EQ(box.upper()[at(View::lexical)], 5 * kWidestFactor);
    EXPECT_EQ(box.lower()[at(View::facet)], 0);
    EXPECT_EQ(box.upper()[at(View::session)], 10 * kMostViewWeight);
    EXPECT_EQ(box.lower()[0], 0.125);
    EXPECT_EQ(box.upper()[0], 8);
    auto law = adaptive_law();
    testing::range(law, AdaptiveParameter::tau) = {0.08, 10};
    EXPECT_DOUBLE_EQ(learning_box(law).upper()[at(View::dense)], 6.25) << "S up to 12.5";
    testing::range(law, AdaptiveParameter::tau) = {0.01, 0.125};
    EXPECT_DOUBLE_EQ(learning_box(law).lower()[at(View::dense)], 4) << "S from 8 on";
}

TEST(Coordinates, ThoseOutsideTheBoxAreCounted) {
    const auto law = adaptive_law();
    auto theta = starting_coordinates(law);
    EXPECT_EQ(count_outside(theta, law), 0U);
    theta[0] = 8;
    EXPECT_EQ(count_outside(theta, law), 0U) << "the bounds belong to it";
    theta[0] = std::nextafter(8.0, 9.0);
    theta[at(View::density)] = -1e-300;
    theta[at(View::bridge)] = std::nan("");
    EXPECT_EQ(count_outside(theta, law), 3U);
}

TEST(Coordinates, ALawThatPinsItsParametersLeavesOnePoint) {
    auto law = adaptive_law();
    for (std::size_t i = 0; i < kAdaptiveParameterCount; ++i) {
        law.bounds.parameters[i] = {0.5, 0.5};
    }
    law.utility.confidence = law.utility.cost = law.utility.latency = 0.5;
    const auto box = learning_box(law);
    for (std::size_t i = 0; i < kCalibrationFirst; ++i) {
        EXPECT_EQ(box.lower()[i], box.upper()[i]) << coordinate_name(i);
    }
}

TEST(Coordinates, EachHasAName) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < kCoordinates; ++i) {
        names.insert(coordinate_name(i));
    }
    EXPECT_EQ(names.size(), kCoordinates);
    EXPECT_EQ(coordinate_name(0), "lambda");
    EXPECT_EQ(coordinate_name(at(View::recency)), "recency");
    EXPECT_EQ(coordinate_name(kCalibrationFirst + 1), "calibration.coverage");
}

/// A range of a law that anybody may sign, sometimes a single point.
ParameterRange any_range(math::Random& random, double least, double most) {
    const double a = least + (most - least) * random.uniform();
    const double b = least + (most - least) * random.uniform();
    return random.uniform() < 0.2 ? ParameterRange{a, a}
                                  : ParameterRange{std::min(a, b), std::max(a, b)};
}

/// Every corner of the box, and so by monotony every point of it, keeps what the law bounds.
TEST(Coordinates, EveryCornerOfTheBoxIsWithinTheLaw) {
    math::Random random(42);
    for (int round = 0; round < 2'000; ++round) {
        auto law = adaptive_law();
        testing::range(law, AdaptiveParameter::alpha) = any_range(random, 0, 1);
        testing::range(law, AdaptiveParameter::beta) = any_range(random, 0, 2);
        testing::range(law, AdaptiveParameter::gamma) = any_range(random, 0, 2);
        testing::range(law, AdaptiveParameter::tau) = any_range(random, 0.01, 2);
        const auto box = learning_box(law);
        ASSERT_TRUE(box.contains(starting_coordinates(law)));
        for (int corner = 0; corner < 16; ++corner) {
            const auto u = [&](View view, int bit) {
                return (corner >> bit & 1) != 0 ? box.upper()[at(view)] : box.lower()[at(view)];
            };
            const double sum = u(View::dense, 0) + u(View::lexical, 1);
            const auto expect_within = [&](AdaptiveParameter parameter, double value) {
                const auto& range = testing::range(law, parameter);
                EXPECT_GE(value, range.min * (1 - 1e-9)) << parameter_name(parameter) << round;
                EXPECT_LE(value, range.max * (1 + 1e-9)) << parameter_name(parameter) << round;
            };
            expect_within(AdaptiveParameter::alpha, u(View::dense, 0) / sum);
            expect_within(AdaptiveParameter::beta, u(View::graph, 2) / sum);
            expect_within(AdaptiveParameter::gamma, u(View::recency, 3) / sum);
            expect_within(AdaptiveParameter::tau, 1 / sum);
        }
    }
}

}  // namespace
}  // namespace soma::domain
