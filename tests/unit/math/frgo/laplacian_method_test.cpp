#include "math/frgo/laplacian_method.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/graphs.h"
#include "support/property.h"

namespace soma::math {
namespace {

TEST(LaplacianMethod, AllAgreeWithADenseSolve) {
    test::property([] {
        auto random = test::case_random();
        const Graph graph = test::connected_graph(random, 20);
        const auto c = test::conductances(random, graph, -1, 1);
        const auto n = static_cast<Eigen::Index>(graph.vertices());
        // L + 11ᵀ/n is regular and has the same solutions of mean 0.
        Eigen::MatrixXd dense = Eigen::MatrixXd::Constant(n, n, 1.0 / static_cast<double>(n));
        for (std::size_t e = 0; e < c.size(); ++e) {
            const Edge& edge = graph.edges()[e];
            dense(edge.from, edge.from) += c[e];
            dense(edge.to, edge.to) += c[e];
            dense(edge.from, edge.to) -= c[e];
            dense(edge.to, edge.from) -= c[e];
        }
        auto b = test::normal_vector(random, graph.vertices());
        const double mean = sum_compensated(b) / static_cast<double>(n);
        for (double& value : b) {
            value -= mean;
        }
        const Eigen::VectorXd expected =
            dense.ldlt().solve(Eigen::Map<const Eigen::VectorXd>(b.data(), n));
        auto direct = make_cholesky(graph, c).value();
        auto iterative = make_conjugate_gradients(graph, c, 10'000);
        auto scaled = make_scaled_gradients(graph, c, 10'000);
        for (auto* method : {direct.get(), iterative.get(), scaled.get()}) {
            std::vector<double> x(b.size());
            method->solve(b, x);
            const double shift = sum_compensated(x) / static_cast<double>(n);
            for (Eigen::Index v = 0; v < n; ++v) {
                const double got = x[static_cast<std::size_t>(v)] - shift;
                RC_ASSERT(std::fabs(got - expected(v)) <= 1e-4 * (1 + expected.norm()));
            }
        }
    });
}

}  // namespace
}  // namespace soma::math
