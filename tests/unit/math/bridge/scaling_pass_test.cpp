#include "math/bridge/scaling_pass.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

std::vector<double> positive(Random& random, std::size_t size) {
    std::vector<double> result(size);
    for (double& value : result) {
        value = random.uniform() + 0.01;
    }
    return result;
}

TEST(ScalingPass, IsTwoProductsInOneReading) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(20);
        const std::size_t m = 1 + random.below(40);
        const auto kernel = positive(random, n * m);
        auto mu = positive(random, n);
        mu[random.below(n)] = 0;
        const auto u = positive(random, n);
        const auto v = positive(random, m);
        std::vector<double> next(n, -1);
        std::vector<double> columns(m, -1);
        const auto pass = scaling_pass(kernel, mu, u, v, next, columns);
        RC_ASSERT(pass.usable);
        double error = 0;
        std::vector<double> expected(m, 0.0);
        for (std::size_t i = 0; i < n; ++i) {
            double row = 0;
            for (std::size_t j = 0; j < m; ++j) {
                row += kernel[i * m + j] * v[j];
            }
            error += std::fabs(u[i] * row - mu[i]);
            RC_ASSERT(std::fabs(next[i] * row - mu[i]) <= 1e-13 * mu[i]);
            for (std::size_t j = 0; j < m; ++j) {
                expected[j] += kernel[i * m + j] * next[i];
            }
        }
        RC_ASSERT(std::fabs(pass.error / error - 1) <= 1e-12);
        for (std::size_t j = 0; j < m; ++j) {
            RC_ASSERT(std::fabs(columns[j] - expected[j]) <= 1e-13 * expected[j]);
        }
    });
}

TEST(ScalingPass, ARowWithMassOutOfRangeIsUnusable) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(10);
        auto kernel = positive(random, n * 3);
        auto mu = positive(random, n);
        const std::size_t bad = random.below(n);
        const double values[] = {0, 1e-260, 1e300};
        const double value = values[random.below(3)];
        for (std::size_t j = 0; j < 3; ++j) {
            kernel[bad * 3 + j] = value;
        }
        const std::vector<double> ones(3, 1.0);
        const std::vector<double> u(n, 1.0);
        std::vector<double> next(n);
        std::vector<double> columns(3);
        RC_ASSERT(!scaling_pass(kernel, mu, u, ones, next, columns).usable);
        mu[bad] = 0;  // without mass nobody asks for its sum
        RC_ASSERT(scaling_pass(kernel, mu, u, ones, next, columns).usable);
    });
}

}  // namespace
}  // namespace soma::math
