#include <gtest/gtest.h>

#include "math/frgo/laplacian_method.h"
#include "support/math/graphs.h"

namespace soma::math {
namespace {

TEST(ScaledGradients, ACompleteGraphTakesOneStep) {
    // On it every vector that sums to 0 is an eigenvector.
    std::vector<Edge> edges;
    for (std::uint32_t v = 1; v < 30; ++v) {
        for (std::uint32_t u = 0; u < v; ++u) {
            edges.push_back({u, v});
        }
    }
    const Graph graph = Graph::make(30, edges).value();
    auto method = make_scaled_gradients(graph, std::vector<double>(edges.size(), 2.0), 100);
    std::vector<double> b(30, 0.0);
    b[3] = 1;
    b[7] = -1;
    std::vector<double> x(30);
    EXPECT_LE(method->solve(b, x), 2);
    EXPECT_NEAR(x[3] - x[7], 1.0 / 30, 1e-14);  // R = 2/(nC)
}

TEST(ScaledGradients, StopsAtItsLimitAndSolvesNothingForNothing) {
    Random random(3);
    const Graph graph = test::connected_graph(random, 400);
    auto method = make_scaled_gradients(graph, test::conductances(random, graph, -3, 0), 1);
    std::vector<double> b(graph.vertices(), 0.0);
    std::vector<double> x(graph.vertices(), 3.0);
    EXPECT_EQ(method->solve(b, x), 0);
    EXPECT_EQ(x, b);
    b[0] = 1;
    b[1] = -1;
    EXPECT_EQ(method->solve(b, x), 1);
}

}  // namespace
}  // namespace soma::math
