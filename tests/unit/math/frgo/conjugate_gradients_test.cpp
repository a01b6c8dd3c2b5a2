#include <gtest/gtest.h>

#include <cmath>

#include "math/frgo/laplacian_method.h"
#include "support/math/graphs.h"

namespace soma::math {
namespace {

/// A path 0 − 1 − … − n with unit conductances.
Graph path(std::uint32_t edges) {
    std::vector<Edge> list;
    for (std::uint32_t v = 0; v < edges; ++v) {
        list.push_back({v, v + 1});
    }
    return Graph::make(edges + 1, list).value();
}

TEST(ConjugateGradients, ATreeInOrderTakesAFewSteps) {
    // The incomplete factorisation of a tree is complete, but for the floor under the last pivot.
    const Graph graph = path(5000);
    auto method = make_conjugate_gradients(graph, std::vector<double>(5000, 1.0), 100);
    std::vector<double> b(5001, 0.0);
    b[0] = 1;
    b[5000] = -1;
    std::vector<double> x(5001);
    const auto iterations = method->solve(b, x);
    EXPECT_LE(iterations, 5);
    EXPECT_NEAR(x[0] - x[5000], 5000, 1e-2);
}

TEST(ConjugateGradients, StopsAtItsLimit) {
    Random random(3);
    const Graph graph = test::connected_graph(random, 400);
    const auto c = test::conductances(random, graph, -9, 3);
    auto method = make_conjugate_gradients(graph, c, 1);
    std::vector<double> b(graph.vertices(), 0.0);
    b[0] = 1;
    b[1] = -1;
    std::vector<double> x(graph.vertices());
    EXPECT_EQ(method->solve(b, x), 1);
}

TEST(ConjugateGradients, NoCurrentNoPotential) {
    const Graph graph = path(4);
    auto method = make_conjugate_gradients(graph, std::vector<double>(4, 1.0), 10);
    std::vector<double> x(5, 3.0);
    EXPECT_EQ(method->solve(std::vector<double>(5, 0.0), x), 0);
    EXPECT_EQ(x, std::vector<double>(5, 0.0));
}

}  // namespace
}  // namespace soma::math
