#include "math/bridge/sinkhorn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

std::vector<double> any_masses(Random& random, std::size_t n) {
    std::vector<double> masses(n);
    double sum = 0;
    for (double& mass : masses) {
        mass = random.uniform() < 0.2 ? 0 : random.uniform() + 0.01;
        sum += mass;
    }
    masses[0] += sum == 0 ? 1 : 0;
    sum += sum == 0 ? 1 : 0;
    for (double& mass : masses) {
        mass /= sum;
    }
    return masses;
}

void check_coupling(const Coupling& coupling, const std::vector<double>& log_kernel,
                    const std::vector<double>& mu, const std::vector<double>& nu) {
    double rows = 0;
    std::vector<double> columns = nu;
    for (std::size_t i = 0; i < mu.size(); ++i) {
        double left = mu[i];
        for (std::size_t j = 0; j < nu.size(); ++j) {
            const double p = coupling.plan[i * nu.size() + j];
            RC_ASSERT(p >= 0);
            left -= p;
            columns[j] -= p;
            if (mu[i] > 0 && nu[j] > 0 && p > 1e-290) {  // P = diag(u) K diag(v)
                const double exponent =
                    coupling.log_u[i] + log_kernel[i * nu.size() + j] + coupling.log_v[j];
                RC_ASSERT(std::fabs(std::log(p) - exponent) <=
                          1e-12 *
                              (1 + std::fabs(coupling.log_u[i]) + std::fabs(coupling.log_v[j])));
            }
        }
        rows += std::fabs(left);
    }
    double wrong = 0;
    for (const double left : columns) {
        wrong += std::fabs(left);
    }
    RC_ASSERT(rows <= 1.1e-9);
    RC_ASSERT(wrong <= 1.1e-9);
}

TEST(Sinkhorn, MeetsItsMarginalsAtEveryTemperature) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(8);
        const std::size_t m = 1 + random.below(8);
        const auto mu = any_masses(random, n);
        const auto nu = any_masses(random, m);
        const double spread = test::decade(random, -2, 1.3);
        const double offset = test::decade(random, -2, 5);  // far outside the range of exp
        std::vector<double> log_kernel(n * m);
        for (double& value : log_kernel) {
            value = -offset - spread * random.uniform();
        }
        const auto coupling = sinkhorn(log_kernel, mu, nu).value();
        check_coupling(coupling, log_kernel, mu, nu);
    });
}

TEST(Sinkhorn, ColdTransportFindsTheCheapestPairs) {
    // Costs 0 on a permutation and ≥ 1 elsewhere, at temperature 1/2000: exp(−2000) is 0 in a
    // double.
    property([] {
        auto random = case_random();
        const std::size_t n = 2 + random.below(5);
        const std::size_t turn = random.below(n);
        std::vector<double> log_kernel(n * n);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                log_kernel[i * n + j] = j == (i + turn) % n ? 0 : -2000 * (1 + random.uniform());
            }
        }
        const std::vector<double> even(n, 1.0 / static_cast<double>(n));
        const auto coupling = sinkhorn(log_kernel, even, even).value();
        for (std::size_t i = 0; i < n; ++i) {
            RC_ASSERT(std::fabs(coupling.plan[i * n + (i + turn) % n] - even[0]) <= 1e-9);
        }
    });
}

TEST(Sinkhorn, KnownAnswers) {
    // A kernel of ones: P = μνᵀ after one round.
    const std::vector<double> mu{0.25, 0.75};
    const std::vector<double> nu{0.5, 0.3, 0.2};
    const auto product = sinkhorn(std::vector<double>(6, 0.0), mu, nu).value();
    for (std::size_t i = 0; i < 2; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            EXPECT_NEAR(product.plan[i * 3 + j], mu[i] * nu[j], 1e-15);
        }
    }
    // Symmetric 2 × 2: P = ½ [s, 1−s; 1−s, s] with s/(1−s) = K₀₀/K₀₁.
    const std::vector<double> half{0.5, 0.5};
    const auto two = sinkhorn(std::vector<double>{0, -2, -2, 0}, half, half).value();
    EXPECT_NEAR(two.plan[0], 0.5 / (1 + std::exp(-2)), 1e-12);
    EXPECT_EQ(two.plan[1], two.plan[2]);
}

TEST(Sinkhorn, BadInputIsAnErrorValue) {
    const std::vector<double> half{0.5, 0.5};
    const std::vector<double> flat(4, 0.0);
    EXPECT_EQ(sinkhorn(flat, {}, half).error().fault, MathFault::empty);
    EXPECT_EQ(sinkhorn(std::vector<double>{0, 0}, half, half).error().where, "log_kernel");
    EXPECT_EQ(sinkhorn(std::vector<double>{0, 0, 0, HUGE_VAL}, half, half).error().where,
              "log_kernel[3]");
    EXPECT_EQ(sinkhorn(flat, std::vector<double>{1.5, -0.5}, half).error().where, "mu[1]");
    EXPECT_EQ(sinkhorn(flat, half, std::vector<double>{0.5, 0.6}).error().where, "nu");
    EXPECT_EQ(sinkhorn(flat, half, half, {0, 10}).error().where, "tolerance");
    const std::vector<double> blocked{-HUGE_VAL, -HUGE_VAL, 0, 0};
    EXPECT_EQ(
        sinkhorn(blocked, half, half).error(),
        (MathError{MathFault::disconnected, "an atom has nowhere to send its mass", "mu[0]"}));
    const std::vector<double> crossed{0, -HUGE_VAL, -HUGE_VAL, 0};
    EXPECT_EQ(sinkhorn(crossed, std::vector<double>{0.3, 0.7}, half, {1e-9, 500}).error().fault,
              MathFault::not_converged);
}

}  // namespace
}  // namespace soma::math
