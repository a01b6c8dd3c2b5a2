#include "math/utility/utility.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

UtilityWeights any_weights(Random& random) {
    return {random.uniform(-5, 5), test::decade(random, -3, 3), test::decade(random, -3, 3),
            test::decade(random, -3, 3), random.uniform(-1, 1)};
}

UtilityInput any_input(Random& random) {
    return {test::decade(random, -300, 0), test::decade(random, -6, 6),
            test::decade(random, -6, 3)};
}

TEST(Utility, RisesWithProbabilityAndFallsWithCostAndLatency) {
    property([] {
        auto random = case_random();
        const auto weights = any_weights(random);
        const auto input = any_input(random);
        const double u = evaluate_utility(weights, input).value().utility;
        auto likelier = input;
        likelier.probability = std::min(1.0, input.probability * random.uniform(1, 1.001));
        RC_ASSERT(evaluate_utility(weights, likelier).value().utility >= u);
        auto dearer = input;
        dearer.cost *= random.uniform(1, 1.001);
        RC_ASSERT(evaluate_utility(weights, dearer).value().utility <= u);
        auto slower = input;
        slower.latency_seconds *= random.uniform(1, 1.001);
        RC_ASSERT(evaluate_utility(weights, slower).value().utility <= u);
    });
}

TEST(Utility, GateRejectsExactlyWhatIsBelowTheMinimum) {
    property([] {
        auto random = case_random();
        auto weights = any_weights(random);
        const auto input = any_input(random);
        const double u = evaluate_utility(weights, input).value().utility;
        RC_ASSERT(evaluate_utility(weights, input).value().admitted == (u >= weights.minimum));
        weights.minimum = u;  // on the edge: admitted; one bit above: rejected
        RC_ASSERT(evaluate_utility(weights, input).value().admitted);
        weights.minimum = std::nextafter(u, HUGE_VAL);
        RC_ASSERT(!evaluate_utility(weights, input).value().admitted);
    });
}

TEST(Utility, AdmittedProbabilityIsTheEdgeAtZeroCost) {
    property([] {
        auto random = case_random();
        auto weights = any_weights(random);
        weights.baseline = weights.minimum + random.uniform(0, 5);
        const double p = admitted_probability(weights).value();
        RC_ASSERT(p >= 0 && p <= 1);
        if (p > 1e-290) {
            RC_ASSERT(
                evaluate_utility(weights, {std::min(1.0, p * (1 + 1e-9)), 0, 0}).value().admitted ==
                true);
            RC_ASSERT(!evaluate_utility(weights, {p * (1 - 1e-9), 0, 0}).value().admitted ||
                      weights.confidence * 1e-9 < 1e-11);
        }
    });
}

TEST(Utility, KnownAnswers) {
    const UtilityWeights weights{1, 2, 0.5, 0.25, 0};
    EXPECT_NEAR(evaluate_utility(weights, {0.9, 1, 0.4}).value().utility,
                1 + 2 * std::log(0.9) - 0.5 - 0.1, 1e-15);
    EXPECT_NEAR(admitted_probability(weights).value(), std::exp(-0.5), 1e-15);
    EXPECT_EQ(admitted_probability({1, 0, 0, 0, 0}).value(), 0);
    EXPECT_EQ(evaluate_utility({0, 1, 1, 1, 0}, {1, 0, 0}).value().utility, 0);
    EXPECT_TRUE(evaluate_utility({0, 1, 1, 1, 0}, {1, 0, 0}).value().admitted);
}

TEST(Utility, BadInputIsAnErrorValue) {
    for (const double bad : {0.0, -0.1, 1.5, HUGE_VAL, std::nan("")}) {
        EXPECT_EQ(evaluate_utility({}, {bad, 0, 0}).error().where, "probability");
    }
    EXPECT_EQ(evaluate_utility({}, {1, -1, 0}).error().where, "cost");
    EXPECT_EQ(evaluate_utility({}, {1, 0, HUGE_VAL}).error().where, "latency_seconds");
    EXPECT_EQ(evaluate_utility({std::nan(""), 1, 1, 1, 0}, {}).error().where, "baseline");
    EXPECT_EQ(evaluate_utility({0, -1, 1, 1, 0}, {}).error().where, "confidence");
    EXPECT_EQ(evaluate_utility({0, 1, 1e300, 0, 0}, {1, 1e300, 0}).error().fault,
              MathFault::overflow);
    EXPECT_EQ(admitted_probability({-1, 1, 1, 1, 0}).error().where, "baseline");
}

}  // namespace
}  // namespace soma::math
