#include "math/graph/pagerank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/graphs.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::any_graph;
using test::case_random;
using test::conductances;
using test::property;

std::vector<double> any_seeds(Random& random, std::size_t n) {
    std::vector<double> seeds(n, 0.0);
    const double scale = test::decade(random, -200, 200);
    for (std::size_t i = 1 + random.below(4); i > 0; --i) {
        seeds[random.below(n)] = scale * (random.uniform() + 0.01);
    }
    return seeds;
}

/// The definition, iterated from the seeds until nothing moves.
std::vector<double> by_iteration(const Graph& graph, const std::vector<double>& c,
                                 std::vector<double> seeds, double restart) {
    const Laplacian laplacian(graph, c);
    double largest = 0;
    for (const double s : seeds) {
        largest = std::max(largest, s);
    }
    double total = 0;
    for (double& s : seeds) {
        total += s /= largest;
    }
    for (double& s : seeds) {
        s /= total;
    }
    std::vector<double> rank = seeds;
    for (int round = 0; round < 400; ++round) {
        std::vector<double> next(rank.size(), 0.0);
        double dangling = 0;
        for (std::size_t e = 0; e < c.size(); ++e) {
            const Edge& edge = graph.edges()[e];
            next[edge.to] += rank[edge.from] * c[e] / laplacian.degrees()[edge.from];
            next[edge.from] += rank[edge.to] * c[e] / laplacian.degrees()[edge.to];
        }
        for (std::size_t v = 0; v < rank.size(); ++v) {
            dangling += laplacian.degrees()[v] == 0 ? rank[v] : 0;
        }
        for (std::size_t v = 0; v < rank.size(); ++v) {
            next[v] = restart * seeds[v] + (1 - restart) * (next[v] + dangling * seeds[v]);
        }
        rank = next;
    }
    return rank;
}

TEST(PageRank, SolvesItsEquationWithNoMassLost) {
    property([] {
        auto random = case_random();
        const Graph graph = any_graph(random, 40);
        const auto c = conductances(random, graph, -4, 4);
        const auto seeds = any_seeds(random, graph.vertices());
        const double restart = random.uniform(0.1, 0.9);
        const auto result =
            personalised_pagerank(graph, c, seeds, {restart, 1e-10, 10'000}).value();
        RC_ASSERT(result.residual <= 1e-10);
        RC_ASSERT(std::fabs(sum_compensated(result.rank) - 1) <= 1e-12);
        const auto expected = by_iteration(graph, c, seeds, restart);
        for (std::size_t v = 0; v < expected.size(); ++v) {
            RC_ASSERT(result.rank[v] >= 0);
            // ‖error‖₁ ≤ ‖residual‖₁ / restart.
            RC_ASSERT(std::fabs(result.rank[v] - expected[v]) <= 1.1e-10 / restart);
        }
    });
}

TEST(PageRank, PushingSufficesNearTheSeedsOfALargeGraph) {
    // On a cycle the rank falls by (1 − √(1−c²))/c a step, c = 1 − α: far vertices are not touched.
    constexpr std::uint32_t kVertices = 20'000;
    std::vector<Edge> edges;
    for (std::uint32_t v = 0; v < kVertices; ++v) {
        edges.push_back({v, (v + 1) % kVertices});
    }
    const Graph cycle = Graph::make(kVertices, edges).value();
    const std::vector<double> ones(kVertices, 1.0);
    std::vector<double> seeds(kVertices, 0.0);
    seeds[7'000] = 5;
    const auto result = personalised_pagerank(cycle, ones, seeds).value();
    EXPECT_EQ(result.sweeps, 0);
    EXPECT_LE(result.residual, 1e-10);
    EXPECT_EQ(result.rank[0], 0);
    const double c = 0.85;
    const double step = (1 - std::sqrt(1 - c * c)) / c;
    for (std::uint32_t k = 0; k < 20; ++k) {
        const double expected = 0.15 / std::sqrt(1 - c * c) * std::pow(step, k);
        EXPECT_NEAR(result.rank[7'000 + k], expected, 1e-10);
        EXPECT_NEAR(result.rank[7'000 - k], expected, 1e-10);
    }
}

TEST(PageRank, KnownAnswers) {
    // Two vertices, one edge, seed at 0: π₀ = α + (1−α) π₁, π₁ = (1−α) π₀ ⇒ π₀ = 1/(2−α).
    const Graph pair = Graph::make(2, {{0, 1}}).value();
    const auto two =
        personalised_pagerank(pair, std::vector<double>{3}, std::vector<double>{1, 0}).value();
    EXPECT_NEAR(two.rank[0], 1 / 1.85, 1e-10);
    EXPECT_NEAR(two.rank[1], 0.85 / 1.85, 1e-10);
    // A dangling seed keeps what comes back to it; an unreachable component gets nothing.
    const Graph apart = Graph::make(3, {{1, 2}}).value();
    const auto stuck =
        personalised_pagerank(apart, std::vector<double>{1}, std::vector<double>{1, 0, 0}).value();
    EXPECT_NEAR(stuck.rank[0], 1, 1e-12);
    EXPECT_EQ(stuck.rank[1], 0);
    // Half the walkers start on a dangling vertex: their mass returns to both seeds.
    const auto half =
        personalised_pagerank(apart, std::vector<double>{1}, std::vector<double>{1, 1, 0}).value();
    // π₀ = ½α + ½(1−α)π₀.
    EXPECT_NEAR(half.rank[0], 0.075 / (1 - 0.425), 1e-10);
    EXPECT_NEAR(sum_compensated(half.rank), 1, 1e-12);
}

TEST(PageRank, BadInputIsAnErrorValue) {
    const Graph graph = Graph::make(2, {{0, 1}}).value();
    const std::vector<double> c{1};
    const std::vector<double> seeds{1, 0};
    EXPECT_EQ(personalised_pagerank(graph, std::vector<double>{-1}, seeds).error().where,
              "conductance[0]");
    EXPECT_EQ(personalised_pagerank(graph, c, std::vector<double>{1}).error().where, "seeds");
    EXPECT_EQ(personalised_pagerank(graph, c, std::vector<double>{0, 0}).error().what,
              "no vertex is a seed");
    EXPECT_EQ(personalised_pagerank(graph, c, std::vector<double>{1, -1}).error().where,
              "seeds[1]");
    EXPECT_EQ(personalised_pagerank(graph, c, std::vector<double>{1, HUGE_VAL}).error().where,
              "seeds[1]");
    EXPECT_EQ(personalised_pagerank(graph, c, seeds, {0, 1e-10, 10}).error().where, "restart");
    EXPECT_EQ(personalised_pagerank(graph, c, seeds, {0.1, 0, 10}).error().where, "tolerance");
    EXPECT_EQ(personalised_pagerank(graph, c, seeds, {0.1, 1e-10, 1}).error().fault,
              MathFault::not_converged);
}

}  // namespace
}  // namespace soma::math
