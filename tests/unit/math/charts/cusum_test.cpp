#include "math/charts/cusum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

TEST(Cusum, SumsAreTheLargestExcessOfAnyRecentStretch) {
    property([] {
        auto random = case_random();
        const CusumChart chart{random.uniform(-5, 5), test::decade(random, -3, 3),
                               random.uniform(0, 2), random.uniform(0.5, 9)};
        auto cusum = Cusum::make(chart).value();
        std::vector<double> seen;
        for (int t = 0; t < 25; ++t) {
            seen.push_back(random.normal() + 0.3);
            const auto point = cusum.add(chart.mean + chart.sigma * seen.back()).value();
            // S⁺_t = max over starts of Σ (y − k), or 0: the closed form of the recursion.
            double high = 0;
            double low = 0;
            double sum_high = 0;
            double sum_low = 0;
            for (std::size_t i = seen.size(); i-- > 0;) {
                sum_high += seen[i] - chart.allowance;
                sum_low += -seen[i] - chart.allowance;
                high = std::max(high, sum_high);
                low = std::max(low, sum_low);
            }
            RC_ASSERT(std::fabs(point.high - high) <= 1e-9 * (1 + 1 / chart.sigma));
            RC_ASSERT(std::fabs(point.low - low) <= 1e-9 * (1 + 1 / chart.sigma));
            RC_ASSERT(point.alarm == (point.high > chart.limit || point.low > chart.limit));
        }
    });
}

TEST(Cusum, InControlRunLengthIsThatOfTheTables) {
    struct Row {
        double limit, run_length;
    };
    for (const Row row : {Row{4, 168}, Row{5, 465}}) {
        Random random(7);
        constexpr int kRuns = 6000;
        double total = 0;
        for (int run = 0; run < kRuns; ++run) {
            auto cusum = Cusum::make({0, 1, 0.5, row.limit}).value();
            do {
                ++total;
            } while (!cusum.add(random.normal()).value().alarm);
        }
        EXPECT_NEAR(total / kRuns / row.run_length, 1, 0.1) << row.limit;
    }
}

TEST(Cusum, FindsAShiftOfOneSigmaInAboutTenObservations) {
    Random random(8);
    double total = 0;
    constexpr int kRuns = 4000;
    for (int run = 0; run < kRuns; ++run) {
        auto cusum = Cusum::make({0, 1, 0.5, 5}).value();
        do {
            ++total;
        } while (!cusum.add(random.normal() + 1).value().alarm);
    }
    EXPECT_NEAR(total / kRuns, 10.4, 0.5);  // Montgomery's table
}

TEST(Cusum, BadInputIsAnErrorValueAndExtremesStayFinite) {
    EXPECT_EQ(Cusum::make({HUGE_VAL, 1, 0.5, 5}).error().where, "mean");
    EXPECT_EQ(Cusum::make({0, -1, 0.5, 5}).error().where, "sigma");
    EXPECT_EQ(Cusum::make({0, 1, -0.5, 5}).error().where, "allowance");
    EXPECT_EQ(Cusum::make({0, 1, 0.5, 0}).error().where, "limit");
    auto cusum = Cusum::make({0, 1e-300, 0.5, 5}).value();
    EXPECT_EQ(cusum.add(std::nan("")).error().fault, MathFault::not_finite);
    for (int i = 0; i < 3; ++i) {
        const auto point = cusum.add(1e308).value();
        EXPECT_TRUE(std::isfinite(point.high) && point.alarm);
    }
    cusum.reset();
    EXPECT_FALSE(cusum.add(0).value().alarm);
}

}  // namespace
}  // namespace soma::math
