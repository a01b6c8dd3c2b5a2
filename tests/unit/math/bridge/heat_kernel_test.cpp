#include "math/bridge/heat_kernel.h"

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
using test::normal_vector;
using test::property;

TEST(HeatKernel, IsPositiveSymmetricAndKeepsMass) {
    property([] {
        auto random = case_random();
        const Graph graph = any_graph(random, 15);
        const Laplacian laplacian(graph, conductances(random, graph, -2, 2));
        const double beta = test::decade(random, -3, 2);
        const auto kernel = heat_kernel(laplacian, beta).value();
        const std::size_t n = graph.vertices();
        for (std::size_t i = 0; i < n; ++i) {
            double row = 0;
            for (std::size_t j = 0; j < n; ++j) {
                row += kernel[i * n + j];
                const bool together = graph.component()[i] == graph.component()[j];
                RC_ASSERT((kernel[i * n + j] > 0) == together);
                RC_ASSERT(kernel[i * n + j] == kernel[j * n + i]);
            }
            RC_ASSERT(std::fabs(row - 1) <= 1e-10);
        }
    });
}

TEST(HeatKernel, AllThreeFormsAgreeAndTheSemigroupHolds) {
    property([] {
        auto random = case_random();
        const Graph graph = any_graph(random, 15);
        const Laplacian laplacian(graph, conductances(random, graph, -2, 1));
        const double one = test::decade(random, -3, 1.5);
        const double two = test::decade(random, -3, 1.5);
        const std::size_t n = graph.vertices();
        auto x = normal_vector(random, n);
        const double scale = test::decade(random, -200, 200);
        for (double& value : x) {
            value = std::fabs(value) * scale;
        }
        const double size = norm(x);
        const auto whole = heat_action(laplacian, one + two, x).value();
        const auto parts =
            heat_action(laplacian, one, heat_action(laplacian, two, x).value()).value();
        const auto positive = heat_action_positive(laplacian, one + two, x).value();
        const auto kernel = heat_kernel(laplacian, one + two).value();
        for (std::size_t i = 0; i < n; ++i) {
            RC_ASSERT(std::fabs(whole[i] - parts[i]) <= 1e-10 * size);
            RC_ASSERT(std::fabs(whole[i] - positive[i]) <= 1e-12 * size);
            const double direct = dot(std::span(kernel).subspan(i * n, n), x);
            RC_ASSERT(std::fabs(direct - positive[i]) <= 1e-10 * std::fabs(direct));
        }
        RC_ASSERT(std::fabs(sum_compensated(whole) - sum_compensated(x)) <=
                  1e-11 * size * std::sqrt(static_cast<double>(n)));
        const auto none = heat_action(laplacian, 0, x).value();
        RC_ASSERT(none == x);
    });
}

TEST(HeatKernel, KnownAnswerOnOneEdge) {
    // L has eigenvalues 0 and 2c: K = ½(1 ± e^{−2cβ}).
    const Graph pair = Graph::make(2, {{0, 1}}).value();
    for (const double beta : {1e-12, 1e-3, 1.0, 30.0, 3000.0}) {
        const Laplacian laplacian(pair, std::vector<double>{1.5});
        const auto kernel = heat_kernel(laplacian, beta).value();
        const double away = -std::expm1(-3 * beta) / 2;
        EXPECT_NEAR(kernel[1] / away, 1, 1e-11) << beta;
        EXPECT_NEAR(kernel[0], 1 - away, 1e-11) << beta;
        const auto action = heat_action(laplacian, beta, std::vector<double>{1, -1}).value();
        EXPECT_NEAR(action[0], std::exp(-3 * beta), 1e-12) << beta;
        const auto far = heat_action_positive(laplacian, beta, std::vector<double>{1, 0}).value();
        EXPECT_NEAR(far[1] / away, 1, 1e-11) << beta;
    }
}

TEST(HeatKernel, FarEntriesKeepTheirDigits) {
    // On a path of n edges, K(0,n) ≈ β^n/n! for small β: 1e-60 and smaller, and still right.
    constexpr std::uint32_t kLength = 20;
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < kLength; ++i) {
        edges.push_back({i, i + 1});
    }
    const Graph path = Graph::make(kLength + 1, edges).value();
    const Laplacian laplacian(path, std::vector<double>(kLength, 1.0));
    const double beta = 1e-5;
    const double expected = std::exp(kLength * std::log(beta) - std::lgamma(kLength + 1.0));
    EXPECT_NEAR(heat_kernel(laplacian, beta).value()[kLength] / expected, 1, 1e-4);
    std::vector<double> start(kLength + 1, 0.0);
    start[0] = 1;
    EXPECT_NEAR(heat_action_positive(laplacian, beta, start).value()[kLength] / expected, 1, 1e-4);
}

TEST(HeatKernel, BadInputIsAnErrorValue) {
    const Graph pair = Graph::make(2, {{0, 1}}).value();
    const Laplacian laplacian(pair, std::vector<double>{1});
    const std::vector<double> x{1, 0};
    for (const double bad : {-1.0, HUGE_VAL, std::nan(""), 1e7}) {
        EXPECT_EQ(heat_action(laplacian, bad, x).error().where, "beta");
        EXPECT_EQ(heat_action_positive(laplacian, bad, x).error().where, "beta");
        EXPECT_EQ(heat_kernel(laplacian, bad).error().where, "beta");
    }
    EXPECT_EQ(heat_action(laplacian, 1, std::vector<double>{1}).error().fault,
              MathFault::wrong_shape);
    EXPECT_EQ(heat_action(laplacian, 1, std::vector<double>{1, HUGE_VAL}).error().where, "x[1]");
    EXPECT_EQ(heat_action_positive(laplacian, 1, std::vector<double>{1, -1}).error().where, "x[1]");
    const Graph big = Graph::make(1025, {}).value();
    EXPECT_EQ(heat_kernel(Laplacian(big, {}), 1).error().fault, MathFault::wrong_shape);
    const Graph lonely = Graph::make(1, {}).value();
    EXPECT_EQ(heat_action(Laplacian(lonely, {}), 5, std::vector<double>{3}).value()[0], 3);
}

}  // namespace
}  // namespace soma::math
