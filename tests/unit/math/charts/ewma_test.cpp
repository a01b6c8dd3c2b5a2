#include "math/charts/ewma.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

TEST(Ewma, FollowsItsDefinition) {
    property([] {
        auto random = case_random();
        const EwmaChart chart{random.uniform(-5, 5), test::decade(random, -3, 3),
                              random.uniform(1e-4, 1), random.uniform(0.5, 5)};
        auto ewma = Ewma::make(chart).value();
        double value = chart.mean;
        for (int t = 1; t <= 30; ++t) {
            const double x = chart.mean + chart.sigma * random.normal();
            value = chart.alpha * x + (1 - chart.alpha) * value;
            const auto point = ewma.add(x).value();
            const double reach =
                chart.width * chart.sigma *
                std::sqrt(chart.alpha / (2 - chart.alpha) * (1 - std::pow(1 - chart.alpha, 2 * t)));
            RC_ASSERT(point.value == value);
            RC_ASSERT(std::fabs(point.upper - chart.mean - reach) <=
                      1e-9 * reach + 1e-15 * std::fabs(chart.mean));
            RC_ASSERT(std::fabs(point.upper + point.lower - 2 * chart.mean) <= 1e-12 * (6 + reach));
            RC_ASSERT(point.alarm == (value > point.upper || value < point.lower));
        }
    });
}

TEST(Ewma, InControlRunLengthIsThatOfTheTables) {
    // Lucas and Saccucci 1990: run length 500 with fixed limits. Our limits are tighter at the
    // start, which for these α costs 1 to 2 %.
    for (const EwmaChart chart : {EwmaChart{0, 1, 0.1, 2.814}, EwmaChart{0, 1, 0.25, 2.998}}) {
        Random random(101);
        constexpr int kRuns = 6000;
        double total = 0;
        for (int run = 0; run < kRuns; ++run) {
            auto ewma = Ewma::make(chart).value();
            do {
                ++total;
            } while (!ewma.add(random.normal()).value().alarm);
        }
        EXPECT_NEAR(total / kRuns, 500, 50) << chart.alpha;
    }
}

TEST(Ewma, BadInputIsAnErrorValue) {
    EXPECT_EQ(Ewma::make({std::nan(""), 1, 0.2, 3}).error().where, "mean");
    EXPECT_EQ(Ewma::make({0, 0, 0.2, 3}).error().where, "sigma");
    EXPECT_EQ(Ewma::make({0, 1, 0, 3}).error().where, "alpha");
    EXPECT_EQ(Ewma::make({0, 1, 1.1, 3}).error().where, "alpha");
    EXPECT_EQ(Ewma::make({0, 1, 0.2, -1}).error().where, "width");
    auto ewma = Ewma::make({}).value();
    EXPECT_EQ(ewma.add(HUGE_VAL).error().fault, MathFault::not_finite);
    EXPECT_EQ(ewma.add(0).value().value, 0);
}

}  // namespace
}  // namespace soma::math
