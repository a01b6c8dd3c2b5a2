#include "math/convex/online_learner.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

constexpr double kBound = 1e6;

OnlineLearner any_learner(Random& random, std::size_t n) {
    auto lower = normal_vector(random, n);
    auto upper = lower;
    for (double& value : upper) {
        value += random.uniform(0.1, 3);
    }
    const StepRule rule = random.uniform() < 0.5 ? StepRule{StepRule::Kind::inverse_root, kBound}
                                                 : StepRule{StepRule::Kind::adagrad_norm, 0};
    return OnlineLearner::make(lower, Box::make(lower, upper).value(), rule).value();
}

TEST(OnlineLearner, StaysInsideRepeatsBitForBitAndRollsBackExactly) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(7);
        auto learner = any_learner(random, n);
        const auto first = learner;
        std::vector<UpdateRow> rows;
        for (int i = 0; i < 30; ++i) {
            const double kind = random.uniform();
            if (kind < 0.1 && !rows.empty()) {
                const auto back = rows[random.below(rows.size())];
                rows.push_back(learner.roll_back_to(back).value());
                if (learner.bounds().contains(back.after)) {
                    RC_ASSERT(learner.theta() == back.after);
                }
            } else if (kind < 0.15) {  // a constitution narrows C
                auto upper = learner.bounds().upper();
                for (std::size_t j = 0; j < n; ++j) {
                    upper[j] -= 0.3 * (upper[j] - learner.bounds().lower()[j]);
                }
                rows.push_back(
                    learner.set_bounds(Box::make(learner.bounds().lower(), upper).value()).value());
            } else {
                auto gradient = normal_vector(random, n);
                const double scale = test::decade(random, -200, 4);
                for (double& g : gradient) {
                    g *= scale;
                }
                rows.push_back(learner.step(gradient).value());
            }
            RC_ASSERT(learner.bounds().contains(learner.theta()));
            RC_ASSERT(rows.back().after == learner.theta());
        }
        RC_ASSERT(replay(first, rows).value() == learner.theta());
        auto forged = rows;  // one changed bit anywhere is found
        auto& victim = forged[random.below(forged.size())];
        victim.after[0] = std::nextafter(victim.after[0], HUGE_VAL);
        const auto repeated = replay(first, forged);
        if (repeated) {
            RC_ASSERT(repeated.value() != learner.theta());
        }
    });
}

TEST(OnlineLearner, StepsAreThoseOfTheRule) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(5);
        auto learner = any_learner(random, n);
        const double diameter = learner.bounds().diameter();
        double squares = 0;
        for (int t = 1; t <= 20; ++t) {
            const auto gradient = normal_vector(random, n);
            squares += dot(gradient, gradient);
            const auto row = learner.step(gradient).value();
            const double root = diameter / (kBound * std::sqrt(t));
            const double adagrad = diameter / std::sqrt(2 * squares);
            RC_ASSERT(std::fabs(row.step / root - 1) <= 1e-14 ||
                      std::fabs(row.step / adagrad - 1) <= 1e-14);
            auto expected = row.before;
            for (std::size_t i = 0; i < n; ++i) {
                expected[i] -= row.step * gradient[i];
            }
            learner.bounds().project(expected).value();
            RC_ASSERT(expected == row.after);
        }
        RC_ASSERT(learner.steps() == 20);
    });
}

TEST(OnlineLearner, FirstStepsHaveTheDocumentedLength) {
    const Box box = Box::make({0, 0}, {3, 4}).value();  // D = 5
    auto root = OnlineLearner::make({1, 1}, box, {StepRule::Kind::inverse_root, 2}).value();
    EXPECT_EQ(root.step(std::vector<double>{0.1, 0}).value().step, 2.5);
    EXPECT_DOUBLE_EQ(root.step(std::vector<double>{0.1, 0}).value().step, 2.5 / std::sqrt(2));
    auto adagrad = OnlineLearner::make({1, 1}, box, {StepRule::Kind::adagrad_norm, 0}).value();
    EXPECT_DOUBLE_EQ(adagrad.step(std::vector<double>{0, 1}).value().step, 5 / std::sqrt(2));
    EXPECT_DOUBLE_EQ(adagrad.step(std::vector<double>{1, 0}).value().step, 2.5);
}

TEST(OnlineLearner, AZeroGradientChangesNothing) {
    auto random = Random(4);
    auto learner = any_learner(random, 3);
    const auto theta = learner.theta();
    const auto row = learner.step(std::vector<double>{0, -0.0, 0}).value();
    EXPECT_EQ(row.before, row.after);
    EXPECT_EQ(learner.theta(), theta);
    EXPECT_EQ(learner.steps(), 0);
    EXPECT_EQ(learner.squared_gradients(), 0);
}

TEST(OnlineLearner, BadInputIsAnErrorValueAndNothingChanges) {
    const Box box = Box::make({0, 0}, {1, 1}).value();
    const StepRule rule{StepRule::Kind::inverse_root, 1};
    EXPECT_EQ(OnlineLearner::make({0}, box, rule).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(OnlineLearner::make({2, 0}, box, rule).error().where, "theta");
    EXPECT_EQ(OnlineLearner::make({0, 0}, box, {StepRule::Kind::inverse_root, 0}).error().where,
              "gradient_bound");
    auto learner = OnlineLearner::make({0.5, 0.5}, box, rule).value();
    EXPECT_EQ(learner.step(std::vector<double>{1}).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(learner.step(std::vector<double>{0, HUGE_VAL}).error().where, "gradient[1]");
    EXPECT_EQ(learner.step(std::vector<double>{3, 0}).error().fault, MathFault::out_of_range);
    EXPECT_EQ(learner.step(std::vector<double>{1e200, 0}).error().fault, MathFault::overflow);
    EXPECT_EQ(learner.set_bounds(Box::make({0}, {1}).value()).error().where, "bounds");
    UpdateRow broken;
    broken.after = {std::nan(""), 0};
    EXPECT_EQ(learner.roll_back_to(broken).error().fault, MathFault::not_finite);
    EXPECT_EQ(learner.theta(), (std::vector<double>{0.5, 0.5}));
    EXPECT_EQ(learner.steps(), 0);
    UpdateRow incomplete{UpdateRow::Kind::bounds, {0.5, 0.5}, {0.5, 0.5}, {}, 0, {}};
    EXPECT_EQ(replay(learner, std::vector{incomplete}).error().where, "rows[0]");
}

}  // namespace
}  // namespace soma::math
