#include "math/frgo/flow.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/graphs.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::conductances;
using test::connected_graph;
using test::property;

/// Every law holds for both methods: 0 sends all graphs to conjugate gradients.
/// One that holds over twelve decades of conductance.
FlowMethod any_method(Random& random) {
    const FlowMethod methods[] = {FlowMethod::automatic, FlowMethod::cholesky,
                                  FlowMethod::incomplete};
    return methods[random.below(3)];
}

FlowSolver solver_for(const Graph& graph, const std::vector<double>& c, FlowMethod method) {
    return FlowSolver::make(graph, c, method).value();
}

/// |x − y| small against the larger of the two.
bool near(double x, double y, double relative) {
    return std::fabs(x - y) <= relative * std::max(std::fabs(x), std::fabs(y));
}

TEST(Flow, ObeysKirchhoffAndItsPotentialGivesTheResistance) {
    property([] {
        auto random = case_random();
        const Graph graph = connected_graph(random, 40);
        const bool extreme = random.below(2) == 0;  // the whole range learning may reach
        const auto c = conductances(random, graph, extreme ? -9 : -2, extreme ? 3 : 2);
        auto solver = solver_for(graph, c, any_method(random));
        const auto s = static_cast<std::uint32_t>(random.below(graph.vertices()));
        const auto t = static_cast<std::uint32_t>(random.below(graph.vertices()));
        const auto flow = solver.unit_flow(s, t).value();
        double highest = 0;
        for (const double x : flow.potential) {
            highest = std::max(highest, std::fabs(x));
        }
        std::vector<double> balance(graph.vertices(), 0.0);
        double energy = 0;
        for (std::size_t e = 0; e < c.size(); ++e) {
            const Edge& edge = graph.edges()[e];
            balance[edge.from] += flow.flow[e];
            balance[edge.to] -= flow.flow[e];
            energy += flow.flow[e] * flow.flow[e] / c[e];
            const double ohm = c[e] * (flow.potential[edge.from] - flow.potential[edge.to]);
            // A potential is as exact as the largest one allows; the flow is exact beyond that.
            RC_ASSERT(std::fabs(ohm - flow.flow[e]) <= 1e-7 + c[e] * 1e-13 * highest);
        }
        balance[s] -= 1;
        balance[t] += 1;
        for (const double missing : balance) {
            RC_ASSERT(std::fabs(missing) <= 1e-8);
        }
        RC_ASSERT(flow.kirchhoff_error <= 1e-8);
        RC_ASSERT(near(flow.potential[s] - flow.potential[t], energy, 1e-8));
        RC_ASSERT(near(flow.energy, energy, 1e-12));
        RC_ASSERT(near(solver.effective_resistance(s, t).value(), energy, 1e-8));
    });
}

TEST(Flow, ResistanceIsAMetric) {
    property([] {
        auto random = case_random();
        const Graph graph = connected_graph(random, 25);
        const auto c = conductances(random, graph, -3, 3);
        auto solver = solver_for(graph, c, any_method(random));
        const auto n = graph.vertices();
        const auto a = static_cast<std::uint32_t>(random.below(n));
        const auto b = static_cast<std::uint32_t>(random.below(n));
        const auto d = static_cast<std::uint32_t>(random.below(n));
        const double ab = solver.effective_resistance(a, b).value();
        RC_ASSERT(near(ab, solver.effective_resistance(b, a).value(), 1e-8));
        RC_ASSERT(solver.effective_resistance(a, a).value() == 0);
        const double detour =
            solver.effective_resistance(a, d).value() + solver.effective_resistance(d, b).value();
        RC_ASSERT(ab <= detour * (1 + 1e-8));
    });
}

TEST(Flow, RayleighMoreConductanceNeverMeansMoreResistance) {
    property([] {
        auto random = case_random();
        const Graph graph = connected_graph(random, 25);
        auto c = conductances(random, graph, -3, 3);
        const FlowMethod method = any_method(random);
        const auto s = static_cast<std::uint32_t>(random.below(graph.vertices()));
        const auto t = static_cast<std::uint32_t>(random.below(graph.vertices()));
        const double before = solver_for(graph, c, method).effective_resistance(s, t).value();
        c[random.below(c.size())] *= random.uniform(1, 100);
        const double after = solver_for(graph, c, method).effective_resistance(s, t).value();
        RC_ASSERT(after <= before * (1 + 1e-8));
    });
}

TEST(Flow, SeriesAndParallelAreExact) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(12);
        std::vector<Edge> chain;
        std::vector<Edge> bundle;
        double series = 0;
        double parallel = 0;
        std::vector<double> c;
        for (std::uint32_t i = 0; i < n; ++i) {
            chain.push_back({i, i + 1});
            bundle.push_back(random.below(2) == 0 ? Edge{0, 1} : Edge{1, 0});
            c.push_back(test::decade(random, -9, 3));
            series += 1 / c.back();
            parallel += c.back();
        }
        const FlowMethod method = any_method(random);
        const Graph line = Graph::make(n + 1, chain).value();
        const Graph pair = Graph::make(2, bundle).value();
        const auto end = static_cast<std::uint32_t>(n);
        RC_ASSERT(
            near(solver_for(line, c, method).effective_resistance(0, end).value(), series, 1e-9));
        RC_ASSERT(near(solver_for(pair, c, method).effective_resistance(0, 1).value(), 1 / parallel,
                       1e-9));
    });
}

TEST(Flow, ABadConductorBehindAGoodOneLeavesNoNullSpaceToRunInto) {
    const std::vector<double> pairs[] = {
        {223.8181570116395, 1.3451236636756029e-09},
        {444.14790902600561, 1.0310228324499059e-09},
        {417.43636751349516, 1.1001670106984335e-09},
        {545.33723021508752, 1.0348167523320668e-08},
    };
    const Graph line = Graph::make(3, std::vector<Edge>{{0, 1}, {1, 2}}).value();
    for (const auto& c : pairs) {
        const auto resistance =
            solver_for(line, c, FlowMethod::incomplete).effective_resistance(0, 2);
        ASSERT_TRUE(resistance) << c[0];
        EXPECT_TRUE(near(resistance.value(), 1 / c[0] + 1 / c[1], 1e-9));
    }
}

TEST(Flow, FosterSumsToVerticesMinusComponents) {
    property([] {
        auto random = case_random();
        const Graph graph = test::any_graph(random, 14);
        const auto c = conductances(random, graph, -4, 3);
        auto solver = solver_for(graph, c, any_method(random));
        double sum = 0;
        for (std::size_t e = 0; e < c.size(); ++e) {
            const Edge& edge = graph.edges()[e];
            sum += c[e] * solver.effective_resistance(edge.from, edge.to).value();
        }
        const double n = static_cast<double>(graph.vertices());
        RC_ASSERT(std::fabs(sum - (n - static_cast<double>(graph.components()))) <= 1e-8 * n);
    });
}

TEST(Flow, AGridAgreesBetweenAllMethods) {
    constexpr std::uint32_t kSide = 40;
    std::vector<Edge> edges;
    for (std::uint32_t row = 0; row < kSide; ++row) {
        for (std::uint32_t column = 0; column < kSide; ++column) {
            const std::uint32_t v = row * kSide + column;
            if (column + 1 < kSide) {
                edges.push_back({v, v + 1});
            }
            if (row + 1 < kSide) {
                edges.push_back({v, v + kSide});
            }
        }
    }
    const Graph grid = Graph::make(kSide * kSide, edges).value();
    const std::vector<double> ones(edges.size(), 1.0);
    auto direct = solver_for(grid, ones, FlowMethod::cholesky);
    EXPECT_EQ(solver_for(grid, ones, FlowMethod::automatic).unit_flow(0, 777)->iterations, 0);
    const double expected = direct.effective_resistance(0, 777).value();
    // Neighbours in the middle of a large grid: ½ on the infinite one.
    const std::uint32_t middle = kSide / 2 * kSide + kSide / 2;
    for (const auto method : {FlowMethod::incomplete, FlowMethod::scaled}) {
        auto iterative = solver_for(grid, ones, method);
        EXPECT_NEAR(iterative.effective_resistance(0, 777).value() / expected, 1, 1e-9);
        EXPECT_GT(iterative.unit_flow(0, 777).value().iterations, 10);
        EXPECT_LT(iterative.unit_flow(0, 777).value().iterations, 400);
        EXPECT_NEAR(iterative.effective_resistance(middle, middle + 1).value(), 0.5, 2e-3);
    }
}

TEST(Flow, ManyNeighboursTakeConjugateGradients) {
    Random random(4);
    std::vector<Edge> edges;
    for (std::uint32_t e = 0; e < 4000; ++e) {
        const auto from = static_cast<std::uint32_t>(random.below(200));
        edges.push_back({from, (from + 1 + static_cast<std::uint32_t>(random.below(199))) % 200});
    }
    const Graph graph = Graph::make(200, edges).value();
    auto c = conductances(random, graph, -1, 1);
    EXPECT_GT(FlowSolver::make(graph, c)->unit_flow(0, 1)->iterations, 0);
    const double expected =
        solver_for(graph, c, FlowMethod::cholesky).effective_resistance(0, 1).value();
    EXPECT_NEAR(FlowSolver::make(graph, c)->effective_resistance(0, 1).value() / expected, 1, 1e-9);
}

TEST(Flow, NewConductancesAreThoseOfANewSolver) {
    property([] {
        auto random = case_random();
        const Graph graph = connected_graph(random, 20);
        const FlowMethod methods[] = {FlowMethod::cholesky, FlowMethod::incomplete,
                                      FlowMethod::scaled};
        const FlowMethod method = methods[random.below(3)];
        auto solver = solver_for(graph, conductances(random, graph, -1, 1), method);
        const auto next = conductances(random, graph, -1, 1);
        const auto before = solver.conductance();
        auto bad = next;
        bad[random.below(bad.size())] = -1;
        RC_ASSERT(solver.set_conductance(bad).error().fault == MathFault::out_of_range);
        RC_ASSERT(solver.conductance() == before);
        solver.set_conductance(next).value();
        const auto last = static_cast<std::uint32_t>(graph.vertices() - 1);
        const double expected =
            solver_for(graph, next, method).effective_resistance(0, last).value();
        RC_ASSERT(solver.effective_resistance(0, last).value() == expected);
    });
}

TEST(Flow, BadInputIsAnErrorValue) {
    const Graph graph = Graph::make(4, {{0, 1}, {2, 3}}).value();
    EXPECT_EQ(FlowSolver::make(graph, {1, 0}).error().where, "conductance[1]");
    EXPECT_EQ(FlowSolver::make(graph, {1}).error().fault, MathFault::wrong_shape);
    for (const auto method : {FlowMethod::automatic, FlowMethod::cholesky, FlowMethod::incomplete,
                              FlowMethod::scaled}) {
        auto solver = FlowSolver::make(graph, {1, 2}, method).value();
        EXPECT_EQ(solver.unit_flow(0, 2).error(),
                  (MathError{MathFault::disconnected, "source and sink lie in different components",
                             "sink"}));
        EXPECT_EQ(solver.unit_flow(0, 9).error().where, "sink");
        EXPECT_EQ(solver.solve(std::vector<double>{1, -1}).error().fault, MathFault::wrong_shape);
        EXPECT_EQ(solver.solve(std::vector<double>{1, 0, -1, 0}).error().fault,
                  MathFault::disconnected);
        EXPECT_EQ(solver.solve(std::vector<double>{1, 0, -1, std::nan("")}).error().where, "b[3]");
        const auto both = solver.solve(std::vector<double>{1, -1, -3, 3}).value();
        EXPECT_NEAR(both.flow[0], 1, 1e-12);
        EXPECT_NEAR(both.flow[1], -3, 1e-12);
        EXPECT_EQ(solver.solve(std::vector<double>(4, 0.0)).value().energy, 0);
    }
    const Graph lonely = Graph::make(1, {}).value();
    EXPECT_EQ(FlowSolver::make(lonely, {}).value().effective_resistance(0, 0).value(), 0);
}

}  // namespace
}  // namespace soma::math
