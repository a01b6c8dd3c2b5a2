#include "math/bridge/bridge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/graphs.h"
#include "support/math/simplex.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::conductances;
using test::connected_graph;
using test::property;
using test::random_simplex;

TEST(Bridge, JoinsItsEndsAndKeepsItsMass) {
    property([] {
        auto random = case_random();
        const Graph graph = connected_graph(random, 10);
        const auto c = conductances(random, graph, -1, 1);
        const double beta = test::decade(random, -0.5, 2);
        auto mu0 = random_simplex(random, graph.vertices());
        auto mu1 = random_simplex(random, graph.vertices());
        if (random.below(2) == 0) {  // all mass on one vertex: the planner's case
            mu0.assign(graph.vertices(), 0.0);
            mu0[random.below(graph.vertices())] = 1;
        }
        const auto bridge = Bridge::make(graph, c, beta, mu0, mu1, {1e-11, 200'000}).value();
        const auto start = bridge.at(0).value();
        const auto end = bridge.at(1).value();
        for (std::size_t v = 0; v < mu0.size(); ++v) {
            RC_ASSERT(std::fabs(start[v] - mu0[v]) <= 1e-10);
            RC_ASSERT(std::fabs(end[v] - mu1[v]) <= 1e-10);
        }
        for (const double t : {0.0, 0.1, 0.5, random.uniform(), 1.0}) {
            const auto mass = bridge.at(t).value();
            RC_ASSERT(std::fabs(sum_compensated(mass) - 1) <= 1e-10);
            for (const double value : mass) {
                RC_ASSERT(value >= 0);
            }
        }
    });
}

TEST(Bridge, MassPassesThroughTheMiddleOfAPath) {
    const Graph path = Graph::make(3, {{0, 1}, {1, 2}}).value();
    const std::vector<double> here{1, 0, 0};
    const std::vector<double> there{0, 0, 1};
    const auto bridge = Bridge::make(path, std::vector<double>{1, 1}, 0.01, here, there).value();
    const auto middle = bridge.at(0.5).value();
    // Little time: two jumps at uniform moments, so at half time ½ stand in the middle, ¼ at each
    // end.
    EXPECT_NEAR(middle[0], 0.25, 0.01);
    EXPECT_NEAR(middle[1], 0.5, 0.01);
    EXPECT_NEAR(middle[2], 0.25, 0.01);
    EXPECT_EQ(rank_steps(middle)[0], 1);
    EXPECT_EQ(rank_steps(bridge.at(0.1).value())[0], 0);
    EXPECT_EQ(rank_steps(bridge.at(0.9).value())[0], 2);
}

TEST(Bridge, StandingStillNeedsNoTime) {
    const Graph path = Graph::make(3, {{0, 1}, {1, 2}}).value();
    const std::vector<double> mass{0.2, 0.3, 0.5};
    const auto bridge = Bridge::make(path, std::vector<double>{1, 1}, 0, mass, mass).value();
    for (std::size_t v = 0; v < 3; ++v) {
        EXPECT_NEAR(bridge.at(0.5).value()[v], mass[v], 1e-9);
    }
}

TEST(Bridge, RankingIsByMassThenByNumber) {
    property([] {
        auto random = case_random();
        std::vector<double> mass(random.below(30));
        for (double& value : mass) {
            value = static_cast<double>(random.below(5)) / 7;
        }
        const auto order = rank_steps(mass);
        RC_ASSERT(order.size() == mass.size());
        for (std::size_t i = 1; i < order.size(); ++i) {
            const double before = mass[order[i - 1]];
            const double after = mass[order[i]];
            RC_ASSERT((before > after || (before == after && order[i - 1] < order[i])));
        }
    });
}

TEST(Bridge, BadInputIsAnErrorValue) {
    const Graph apart = Graph::make(4, {{0, 1}, {2, 3}}).value();
    const std::vector<double> c{1, 1};
    const std::vector<double> left{1, 0, 0, 0};
    const std::vector<double> right{0, 0, 1, 0};
    EXPECT_EQ(Bridge::make(apart, c, 1, left, right).error().fault, MathFault::disconnected);
    // Enough mass in total is not enough: each component must balance.
    EXPECT_EQ(Bridge::make(apart, c, 1, std::vector<double>{0.5, 0, 0.5, 0},
                           std::vector<double>{0.25, 0, 0.75, 0})
                  .error()
                  .where,
              "mu1");
    EXPECT_TRUE(Bridge::make(apart, c, 1, std::vector<double>{0.5, 0, 0.5, 0},
                             std::vector<double>{0, 0.5, 0, 0.5}));
    EXPECT_EQ(Bridge::make(apart, c, -1, left, left).error().where, "beta");
    EXPECT_EQ(Bridge::make(apart, c, 1, left, std::vector<double>{1}).error().where, "mu1");
    EXPECT_EQ(
        Bridge::make(apart, c, 1, std::vector<double>{std::nan(""), 0, 0, 0}, left).error().where,
        "mu0[0]");
    EXPECT_EQ(Bridge::make(apart, std::vector<double>{1, -1}, 1, left, left).error().where,
              "conductance[1]");
    const auto bridge = Bridge::make(apart, c, 1, left, left).value();
    EXPECT_EQ(bridge.at(1.5).error().where, "t");
    EXPECT_EQ(bridge.at(std::nan("")).error().where, "t");
}

}  // namespace
}  // namespace soma::math
