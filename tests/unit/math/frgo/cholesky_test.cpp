#include <gtest/gtest.h>

#include "math/frgo/laplacian_method.h"

namespace soma::math {
namespace {

TEST(Cholesky, ParallelEdgesAddUpAndEveryComponentIsGrounded) {
    const Graph graph = Graph::make(5, {{0, 1}, {1, 0}, {1, 2}, {3, 4}, {4, 3}, {3, 4}}).value();
    auto method = make_cholesky(graph, std::vector<double>{1, 1, 4, 1, 2, 5}).value();
    std::vector<double> x(5);
    EXPECT_EQ(method->solve(std::vector<double>{1, 0, -1, 2, -2}, x), 0);
    EXPECT_NEAR(x[0] - x[1], 0.5, 1e-15);
    EXPECT_NEAR(x[1] - x[2], 0.25, 1e-15);
    EXPECT_NEAR(x[3] - x[4], 0.25, 1e-15);
    EXPECT_EQ(x[0], 0);
    EXPECT_EQ(x[3], 0);
}

TEST(Cholesky, IsRefusedWhereItsWorkIsTooMuch) {
    const Graph graph = Graph::make(3, {{0, 1}, {1, 2}, {2, 0}}).value();
    const std::vector<double> ones(3, 1.0);
    EXPECT_EQ(make_cholesky(graph, ones, 1).value(), nullptr);
    EXPECT_NE(make_cholesky(graph, ones, 1000).value(), nullptr);
}

TEST(Cholesky, AGraphWithoutEdgesHasNothingToSolve) {
    const Graph graph = Graph::make(3, {}).value();
    auto method = make_cholesky(graph, {}).value();
    std::vector<double> x(3, 7.0);
    method->solve(std::vector<double>(3, 0.0), x);
    EXPECT_EQ(x, std::vector<double>(3, 0.0));
}

}  // namespace
}  // namespace soma::math
