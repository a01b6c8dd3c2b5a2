#include "math/graph/graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "math/numerics/vector.h"
#include "support/math/graphs.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::any_graph;
using test::case_random;
using test::conductances;
using test::normal_vector;
using test::property;

TEST(Graph, RowsHoldEveryEdgeTwiceInOrder) {
    property([] {
        auto random = case_random();
        const Graph graph = any_graph(random, 30);
        std::vector<int> seen(graph.edges().size(), 0);
        for (std::uint32_t v = 0; v < graph.vertices(); ++v) {
            for (std::uint32_t i = graph.starts()[v]; i < graph.starts()[v + 1]; ++i) {
                const Edge& edge = graph.edges()[graph.edge_numbers()[i]];
                const std::uint32_t w = graph.neighbours()[i];
                RC_ASSERT((edge == Edge{v, w} || edge == Edge{w, v}));
                ++seen[graph.edge_numbers()[i]];
                if (i > graph.starts()[v]) {
                    RC_ASSERT(graph.neighbours()[i - 1] <= w);
                }
            }
        }
        for (const int times : seen) {
            RC_ASSERT(times == 2);
        }
    });
}

TEST(Graph, ComponentsAreTheClassesOfReachability) {
    property([] {
        auto random = case_random();
        const Graph graph = any_graph(random, 30);
        std::set<std::uint32_t> numbers;
        for (const Edge& edge : graph.edges()) {
            RC_ASSERT(graph.component()[edge.from] == graph.component()[edge.to]);
        }
        // Union by repeated sweeps, the slow way.
        std::vector<std::size_t> label(graph.vertices());
        for (std::size_t v = 0; v < label.size(); ++v) {
            label[v] = v;
        }
        for (std::size_t round = 0; round < label.size(); ++round) {
            for (const Edge& edge : graph.edges()) {
                label[edge.from] = label[edge.to] = std::min(label[edge.from], label[edge.to]);
            }
        }
        const std::set<std::size_t> classes(label.begin(), label.end());
        RC_ASSERT(graph.components() == classes.size());
        for (std::size_t v = 1; v < label.size(); ++v) {
            RC_ASSERT((label[v] == label[0]) == (graph.component()[v] == graph.component()[0]));
        }
    });
}

TEST(Laplacian, IsSymmetricKillsConstantsAndIsTheEnergy) {
    property([] {
        auto random = case_random();
        const Graph graph = any_graph(random, 30);
        const auto c = conductances(random, graph, -3, 3);
        const Laplacian laplacian(graph, c);
        const std::size_t n = graph.vertices();
        const auto x = normal_vector(random, n);
        const auto y = normal_vector(random, n);
        std::vector<double> lx(n);
        std::vector<double> ly(n);
        std::vector<double> l1(n);
        laplacian.apply(x, lx);
        laplacian.apply(y, ly);
        laplacian.apply(std::vector<double>(n, 1.0), l1);
        double energy = 0;
        for (std::size_t e = 0; e < c.size(); ++e) {
            const double gap = x[graph.edges()[e].from] - x[graph.edges()[e].to];
            energy += c[e] * gap * gap;
        }
        const double size = 1 + laplacian.largest_eigenvalue_bound() * norm(x) * (1 + norm(y));
        RC_ASSERT(std::fabs(dot(x, lx) - energy) <= 1e-13 * size * (1 + norm(x)));
        RC_ASSERT(std::fabs(dot(x, ly) - dot(y, lx)) <= 1e-13 * size);
        RC_ASSERT(norm(l1) <= 1e-12 * laplacian.largest_eigenvalue_bound());
        RC_ASSERT(norm(lx) <= laplacian.largest_eigenvalue_bound() * norm(x) * (1 + 1e-12));
    });
}

TEST(Graph, BadInputIsAnErrorValue) {
    EXPECT_EQ(Graph::make(0, {}).error().fault, MathFault::empty);
    EXPECT_EQ(Graph::make(2, {{0, 1}, {1, 2}}).error().where, "edges[1]");
    EXPECT_EQ(Graph::make(2, {{1, 1}}).error().what, "an edge joins a vertex to itself");
    EXPECT_EQ(Graph::make(Graph::kMostVertices + 1, {}).error().fault, MathFault::wrong_shape);
    const Graph graph = Graph::make(3, {{0, 1}, {0, 1}}).value();
    EXPECT_EQ(graph.components(), 2);
    EXPECT_EQ(require_conductances(graph, std::vector<double>{1}).error().fault,
              MathFault::wrong_shape);
    for (const double bad : {0.0, -1.0, HUGE_VAL, std::nan(""), 1e101}) {
        EXPECT_EQ(require_conductances(graph, std::vector<double>{1, bad}).error().where,
                  "conductance[1]");
    }
}

}  // namespace
}  // namespace soma::math
