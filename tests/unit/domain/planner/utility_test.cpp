#include "domain/planner/utility.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace soma::domain {
namespace {

const math::UtilityWeights kWeights{
    .baseline = 1, .confidence = 2, .cost = 0.5, .latency = 0.25, .minimum = -1};

PlannedAction action(std::optional<double> p, double cost = 0, double latency = 0) {
    return {.confidence = p, .cost = cost, .latency_seconds = latency};
}

/// A number in [0, most], of any magnitude.
double some(double most) {
    return std::ldexp(most * *rc::gen::inRange(0, 1 << 20) / (1 << 20), -*rc::gen::inRange(0, 40));
}

math::UtilityWeights some_weights() {
    return {.baseline = some(1e6) - some(1e6),
            .confidence = some(1e6),
            .cost = some(1e6),
            .latency = some(1e6),
            .minimum = some(1e3) - some(1e3)};
}

PlannedAction some_action() {
    PlannedAction out = action({}, some(kMaxPrice) * 1e3, some(kMaxLatencySeconds));
    if (*rc::gen::inRange(0, 4) > 0) {
        out.confidence = std::max(some(1), std::numeric_limits<double>::min());
    }
    return out;
}

TEST(Utility, IsTheFormula) {
    const auto figures = judge_utility(kWeights, action(0.5, 2, 4), 0.125);
    EXPECT_DOUBLE_EQ(figures.utility, 1 + 2 * std::log(0.5) - 0.5 * 2 - 0.25 * 4 - 0.125);
    EXPECT_EQ(figures.probability, 0.5);
    EXPECT_EQ(figures.source, ProbabilitySource::caller);
    EXPECT_EQ(figures.penalty, 0.125);
}

TEST(Utility, WithoutAConfidenceNothingIsTakenOffForDoubt) {
    const auto figures = judge_utility(kWeights, action({}), 0);
    EXPECT_EQ(figures.utility, 1);
    EXPECT_EQ(figures.probability, 1);
    EXPECT_EQ(figures.source, ProbabilitySource::assumed);
    EXPECT_EQ(judge_utility(kWeights, action(1), 0).utility, figures.utility);
}

TEST(Utility, AnEstimateCountsWhereNoConfidenceIsStated) {
    auto asked = action({});
    asked.estimate = 0.25;
    const auto figures = judge_utility(kWeights, asked, 0);
    EXPECT_EQ(figures.utility, judge_utility(kWeights, action(0.25), 0).utility);
    EXPECT_EQ(figures.probability, 0.25);
    EXPECT_EQ(figures.source, ProbabilitySource::calibrated);
    EXPECT_EQ(source_name(figures.source), "calibrated");
    asked.confidence = 0.5;
    EXPECT_EQ(judge_utility(kWeights, asked, 0), judge_utility(kWeights, action(0.5), 0))
        << "who states one knows better";
}

TEST(Utility, TheMinimumItselfPasses) {
    math::UtilityWeights weights = kWeights;
    weights.minimum = judge_utility(weights, action(0.5), 0.5).utility;
    EXPECT_TRUE(judge_utility(weights, action(0.5), 0.5).admitted());
    weights.minimum = std::nextafter(weights.minimum, 1e9);
    EXPECT_FALSE(judge_utility(weights, action(0.5), 0.5).admitted());
    EXPECT_TRUE(judge_utility(weights, action(0.5), 0.5).admitted_without_penalty());
    EXPECT_FALSE(judge_utility(weights, action(0.1), 0.5).admitted_without_penalty());
}

TEST(Utility, RisesWithConfidenceAndFallsWithCostLatencyAndPenalty) {
    ASSERT_TRUE(rc::check([] {
        const auto weights = some_weights();
        const auto less = some_action();
        auto more = less;
        const double penalty = some(1e5);
        double more_penalty = penalty;
        switch (*rc::gen::inRange(0, 4)) {
            case 0:
                more.cost += some(1e6);
                break;
            case 1:
                more.latency_seconds += some(1e6);
                break;
            case 2:
                more_penalty += some(1e5);
                break;
            default:
                more.confidence = std::max(less.confidence.value_or(1) * some(1),
                                           std::numeric_limits<double>::min());
        }
        const auto better = judge_utility(weights, less, penalty);
        const auto worse = judge_utility(weights, more, more_penalty);
        RC_ASSERT(worse.utility <= better.utility);
        RC_ASSERT(better.admitted() || !worse.admitted());
        RC_ASSERT(std::isfinite(worse.utility));
    }));
}

TEST(Utility, NothingBelowTheMinimumPasses) {
    ASSERT_TRUE(rc::check([] {
        const auto figures = judge_utility(some_weights(), some_action(), some(1e5));
        RC_ASSERT(figures.admitted() == (figures.utility >= figures.weights.minimum));
    }));
}

TEST(Utility, FiguresAreNamedAndComplete) {
    const auto json = to_json(judge_utility(kWeights, action(0.5, 2, 4), 0.125));
    EXPECT_EQ(json.size(), 11U);
    EXPECT_EQ(json.at("probability_source"), "caller");
    const auto number = [&](const char* name) { return json.at(name).to_number<double>(); };
    EXPECT_DOUBLE_EQ(number("utility"),
                     number("baseline") + number("lambda") * std::log(number("probability")) -
                         number("mu") * number("cost") - number("nu") * number("latency_seconds") -
                         number("penalty"));
    EXPECT_EQ(number("minimum"), -1);
    EXPECT_EQ(source_name(ProbabilitySource::assumed), "assumed");
}

}  // namespace
}  // namespace soma::domain
