#include "math/charts/chi_squared.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

TEST(ChiSquared, MatchesTheTables) {
    // Abramowitz and Stegun, table 26.8.
    EXPECT_NEAR(chi_squared_limit(0.05, 1).value(), 3.84146, 5e-6);
    EXPECT_NEAR(chi_squared_limit(0.01, 10).value(), 23.2093, 5e-5);
    EXPECT_NEAR(chi_squared_limit(0.001, 30).value(), 59.7031, 5e-5);
    EXPECT_NEAR(chi_squared_limit(0.5, 100).value(), 99.3341, 5e-5);
    EXPECT_EQ(chi_squared_upper(0, 3).value(), 1);
}

TEST(ChiSquared, TwoDegreesAreAnExponentialAndOneIsANormalSquared) {
    property([] {
        auto random = case_random();
        const double x = test::decade(random, -6, 2.8);
        RC_ASSERT(std::fabs(chi_squared_upper(x, 2).value() / std::exp(-x / 2) - 1) <= 1e-11);
        RC_ASSERT(std::fabs(chi_squared_upper(x, 1).value() / std::erfc(std::sqrt(x / 2)) - 1) <=
                  1e-11);
    });
}

TEST(ChiSquared, EvenDegreesAreAPoissonSum) {
    // Q(a, x) = e^{−x} Σ_{k<a} x^k/k! for whole a: an independent way, exact to rounding.
    property([] {
        auto random = case_random();
        const std::size_t a = 1 + random.below(150);
        const double x = static_cast<double>(a) * random.uniform(0.3, 2);
        double term = std::exp(-x);
        double sum = 0;
        for (std::size_t k = 0; k < a; ++k) {
            sum += term;
            term *= x / static_cast<double>(k + 1);
        }
        RC_ASSERT(std::fabs(chi_squared_upper(2 * x, 2 * a).value() - sum) <= 1e-11 * (sum + 0.01));
    });
}

TEST(ChiSquared, LimitInvertsTheTail) {
    property([] {
        auto random = case_random();
        const std::size_t d = 1 + random.below(random.uniform() < 0.5 ? 10 : 4000);
        const double rate = test::decade(random, -40, -0.01);
        const double limit = chi_squared_limit(rate, d).value();
        RC_ASSERT(std::fabs(chi_squared_upper(limit, d).value() / rate - 1) <= 1e-8);
        RC_ASSERT(chi_squared_upper(limit * 1.001, d).value() < rate);
    });
}

TEST(DriftDetector, FalseAlarmsComeAtTheSetRate) {
    Random random(23);
    constexpr std::size_t kDimension = 5;
    // Σ = MMᵀ for a fixed M, so that M·normal has covariance Σ.
    double m[kDimension][kDimension];
    for (auto& row : m) {
        for (double& value : row) {
            value = random.normal();
        }
    }
    std::vector<double> mean{1, -2, 3, 0, 100};
    std::vector<double> covariance(kDimension * kDimension, 0.0);
    for (std::size_t i = 0; i < kDimension; ++i) {
        for (std::size_t j = 0; j < kDimension; ++j) {
            for (std::size_t k = 0; k < kDimension; ++k) {
                covariance[i * kDimension + j] += m[i][k] * m[j][k];
            }
        }
    }
    const auto detector = DriftDetector::make(mean, covariance, 0.01).value();
    constexpr int kDraws = 100'000;
    int alarms = 0;
    double mean_distance = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
        std::vector<double> x = mean;
        for (std::size_t k = 0; k < kDimension; ++k) {
            const double z = random.normal();
            for (std::size_t i = 0; i < kDimension; ++i) {
                x[i] += m[i][k] * z;
            }
        }
        const auto point = detector.check(x).value();
        alarms += point.alarm;
        mean_distance += point.squared_distance / kDraws;
    }
    EXPECT_NEAR(alarms / (0.01 * kDraws), 1, 0.1);
    EXPECT_NEAR(mean_distance, kDimension, 0.1);
}

TEST(DriftDetector, DistanceIsTheDefinitionForDiagonals) {
    property([] {
        auto random = case_random();
        const std::size_t d = 1 + random.below(20);
        std::vector<double> covariance(d * d, 0.0);
        double expected = 0;
        const auto mean = test::normal_vector(random, d);
        auto x = mean;
        const double scale = test::decade(random, -80, 80);
        for (std::size_t i = 0; i < d; ++i) {
            const double sigma = scale * random.uniform(0.5, 2);
            const double z = random.normal();
            covariance[i * d + i] = sigma * sigma;
            x[i] = mean[i] * scale + sigma * z;
            expected += z * z;
        }
        std::vector<double> scaled_mean = mean;
        for (double& value : scaled_mean) {
            value *= scale;
        }
        const auto detector = DriftDetector::make(scaled_mean, covariance, 0.05).value();
        RC_ASSERT(std::fabs(detector.check(x).value().squared_distance - expected) <=
                  1e-10 * (1 + expected));
    });
}

TEST(DriftDetector, BadInputIsAnErrorValue) {
    const std::vector<double> mean{0, 0};
    EXPECT_EQ(DriftDetector::make({}, {}, 0.1).error().fault, MathFault::empty);
    EXPECT_EQ(DriftDetector::make(mean, std::vector<double>{1, 0, 0}, 0.1).error().where,
              "covariance");
    EXPECT_EQ(DriftDetector::make(mean, std::vector<double>{1, 0.5, 0, 1}, 0.1).error().what,
              "the covariance is not symmetric");
    EXPECT_EQ(DriftDetector::make(mean, std::vector<double>{1, 1, 1, 1}, 0.1).error().what,
              "the covariance is not positive definite");
    EXPECT_EQ(
        DriftDetector::make(mean, std::vector<double>{1, 0, 0, std::nan("")}, 0.1).error().where,
        "covariance[3]");
    EXPECT_EQ(DriftDetector::make(mean, std::vector<double>{1, 0, 0, 1}, 1).error().where, "rate");
    const auto detector = DriftDetector::make(mean, std::vector<double>{1, 0, 0, 1}, 0.1).value();
    EXPECT_EQ(detector.check(std::vector<double>{1}).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(detector.check(std::vector<double>{1, HUGE_VAL}).error().where, "x[1]");
    EXPECT_EQ(detector.check(std::vector<double>{1e200, 0}).error().fault, MathFault::overflow);
    EXPECT_EQ(chi_squared_upper(-1, 2).error().where, "x");
    EXPECT_EQ(chi_squared_upper(1, 0).error().where, "degrees");
    EXPECT_EQ(chi_squared_limit(0, 2).error().where, "rate");
}

}  // namespace
}  // namespace soma::math
