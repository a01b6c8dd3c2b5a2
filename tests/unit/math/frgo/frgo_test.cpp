#include "math/frgo/frgo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/graphs.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

TEST(Frgo, FollowsItsRuleInsideItsBounds) {
    property([] {
        auto random = case_random();
        const FrgoRule rule{test::decade(random, -4, -1), random.uniform(0.5, 3),
                            test::decade(random, -4, 0), 1e-9, 1e3};
        const std::size_t m = random.below(20);
        auto c = normal_vector(random, m);
        auto q = normal_vector(random, m);
        auto length = normal_vector(random, m);
        for (std::size_t e = 0; e < m; ++e) {
            c[e] = std::clamp(test::decade(random, -10, 4), rule.lower, rule.upper);
            q[e] *= test::decade(random, -20, 20);
            length[e] = test::decade(random, -2, 1);
        }
        const auto next = grow(rule, c, q, length).value();
        for (std::size_t e = 0; e < m; ++e) {
            const double change =
                std::pow(std::fabs(q[e]), rule.exponent) - rule.decay * length[e] * c[e];
            RC_ASSERT(next[e] == std::clamp(c[e] + rule.rate * change, rule.lower, rule.upper));
        }
    });
}

TEST(Frgo, FixedPointsBalanceGrowthAndDecay) {
    property([] {
        auto random = case_random();
        const FrgoRule rule;
        const double q = random.uniform(0.05, 0.5);
        const double length = random.uniform(0.5, 3);
        const double fixed = std::pow(q, rule.exponent) / (rule.decay * length);
        const auto stays = grow(rule, std::vector<double>{fixed}, std::vector<double>{q},
                                std::vector<double>{length})
                               .value();
        RC_ASSERT(std::fabs(stays[0] / fixed - 1) <= 1e-14);
        std::vector<double> c{random.uniform(0.1, 3) * fixed};
        const double start = c[0];
        for (int t = 1; t <= 50; ++t) {  // and the distance to it shrinks by 1 − ηλℓ a step
            c = grow(rule, c, std::vector<double>{q}, std::vector<double>{length}).value();
            const double expected =
                (start - fixed) * std::pow(1 - rule.rate * rule.decay * length, t);
            RC_ASSERT(std::fabs(c[0] - fixed - expected) <= 1e-10 * fixed);
        }
    });
}

TEST(Frgo, UnusedEdgesDecayGeometricallyToTheLowerBound) {
    property([] {
        auto random = case_random();
        const FrgoRule rule{0.1, 1.4, random.uniform(0.3, 3), 1e-9, 1e3};
        const double length = random.uniform(0.5, 3);
        const double factor = 1 - rule.rate * rule.decay * length;
        std::vector<double> c{random.uniform(0.1, 10)};
        const double start = c[0];
        for (int t = 1; t <= 2000; ++t) {
            c = grow(rule, c, std::vector<double>{0}, std::vector<double>{length}).value();
            const double expected = std::max(rule.lower, start * std::pow(factor, t));
            RC_ASSERT(std::fabs(c[0] / expected - 1) <= 1e-9);
        }
        RC_ASSERT(c[0] == rule.lower);
    });
}

TEST(Frgo, OfTwoParallelPathsTheShorterWins) {
    property([] {
        auto random = case_random();
        const Graph graph = Graph::make(2, {{0, 1}, {0, 1}}).value();
        const double shorter = random.uniform(0.5, 2);
        const std::vector<double> length{shorter, shorter * random.uniform(1.2, 3)};
        const FrgoRule rule{3, random.uniform(1.4, 2), 0.1, 1e-9, 1e3};
        std::vector<double> c{1, 1};
        const std::vector<double> b{1, -1};
        for (int t = 0; t < 250; ++t) {
            c = frgo_step(rule, graph, c, length, b).value().conductance;
        }
        RC_ASSERT(c[0] > 1e3 * c[1]);
        // Alone, it carries the whole unit: λℓC = 1.
        RC_ASSERT(std::fabs(c[0] * rule.decay * length[0] - 1) <= 1e-2);
    });
}

TEST(Frgo, AKeptSolverLearnsWhatSingleStepsLearn) {
    property([] {
        auto random = case_random();
        const Graph graph = test::connected_graph(random, 15);
        auto c = test::conductances(random, graph, -2, 1);
        const std::vector<double> length(c.size(), 1.0);
        std::vector<double> b(graph.vertices(), 0.0);
        b.front() = 1;
        b.back() = -1;
        const FrgoRule rule{0.3, 1.4, 0.1, 1e-9, 1e3};
        auto solver = FlowSolver::make(graph, c).value();
        for (int step = 0; step < 4; ++step) {
            const auto single = frgo_step(rule, graph, c, length, b).value();
            const auto kept = frgo_step(rule, solver, length, b).value();
            RC_ASSERT(kept.conductance == solver.conductance());
            for (std::size_t e = 0; e < c.size(); ++e) {
                RC_ASSERT(std::fabs(kept.flow.flow[e] - single.flow.flow[e]) <= 1e-8);
                RC_ASSERT(std::fabs(kept.conductance[e] - single.conductance[e]) <= 1e-8);
            }
            c = kept.conductance;
        }
        // Refused: a current that does not leave, a step that would diverge. Nothing changes.
        auto lost = b;
        lost.back() = 0;
        RC_ASSERT(frgo_step(rule, solver, length, lost).error().fault == MathFault::disconnected);
        RC_ASSERT(frgo_step({300, 1.4, 0.1, 1e-9, 1e3}, solver, length, b).error().fault ==
                  MathFault::unstable_step);
        RC_ASSERT(solver.conductance() == c);
    });
}

TEST(Frgo, AnUnstableStepIsRefused) {
    const std::vector<double> one{1};
    EXPECT_TRUE(grow({1, 1.4, 1.99, 1e-9, 1e3}, one, one, one));
    EXPECT_EQ(grow({1, 1.4, 2, 1e-9, 1e3}, one, one, one).error(),
              (MathError{MathFault::unstable_step, "rate · decay · length must stay below 2",
                         "length[0]"}));
    EXPECT_EQ(grow({1e200, 1.4, 1e200, 1e-9, 1e3}, one, one, one).error().fault,
              MathFault::unstable_step);
}

TEST(Frgo, BadInputIsAnErrorValue) {
    const std::vector<double> one{1};
    const std::vector<double> bad{std::nan("")};
    EXPECT_EQ(grow({}, one, {}, one).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(grow({}, one, bad, one).error().where, "flow[0]");
    EXPECT_EQ(grow({}, bad, one, one).error().where, "conductance[0]");
    EXPECT_EQ(grow({}, one, one, std::vector<double>{0}).error().where, "length[0]");
    EXPECT_EQ(grow({0, 1, 1, 1, 2}, one, one, one).error().where, "rate");
    EXPECT_EQ(grow({1, -1, 1, 1, 2}, one, one, one).error().where, "exponent");
    EXPECT_EQ(grow({1, 1, -1, 1, 2}, one, one, one).error().where, "decay");
    EXPECT_EQ(grow({1, 1, 1, 3, 2}, one, one, one).error().where, "lower");
    EXPECT_TRUE(grow({}, {}, {}, {}).value().empty());
    const Graph apart = Graph::make(2, {}).value();
    EXPECT_EQ(frgo_step({}, apart, {}, {}, std::vector<double>{1, -1}).error().fault,
              MathFault::disconnected);
}

}  // namespace
}  // namespace soma::math
