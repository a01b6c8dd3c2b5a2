#include "domain/retrieval/rescoring/density.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "math/numerics/vector.h"
#include "math/weights.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::domain {
namespace {

using Numbers = std::vector<double>;
using Matrix = Eigen::MatrixXd;
using test::case_random;
using test::normal_vector;
using test::property;

TEST(Density, IsTheFormOfItsDefinition) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 + random.below(12);
        const std::size_t m = 1 + random.below(std::min(d, kDensityHits));
        const auto query = normal_vector(random, d);
        const auto memories = normal_vector(random, m * d);
        Numbers scores(m);
        for (double& score : scores) {
            score = random.uniform(0, 2);
        }
        ModuleFigures figures;
        const auto look = look_by_density(query, memories, scores, figures);
        RC_ASSERT(look.has_value());
        const auto shares = math::softmax(scores, 0.1).value();
        const auto other = normal_vector(random, d);
        double expected = 0;  // Σ wᵢ cos(q, mᵢ) cos(mᵢ, m)
        for (std::size_t i = 0; i < m; ++i) {
            const auto one = std::span(memories).subspan(i * d, d);
            expected +=
                shares[i] * math::cosine(query, one).value() * math::cosine(one, other).value();
        }
        RC_ASSERT(std::fabs(look->value(other) - std::max(0.0, expected)) <= 1e-12);
        RC_ASSERT(look->value(other) <= 1 + 1e-12);
        RC_ASSERT(figures.density_trace.value() <= 1e-12);
        RC_ASSERT(figures.density_negative.value() <= 1e-12);
    });
}

TEST(Density, IsBlindToAJointRotationAndToLengths) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 + random.below(12);
        const auto n = static_cast<Eigen::Index>(d);
        const auto start = normal_vector(random, d * d);
        const Matrix q = Eigen::HouseholderQR<Matrix>(Eigen::Map<const Matrix>(start.data(), n, n))
                             .householderQ();
        const double scale = std::exp(random.uniform(-20, 20));
        const auto turn = [&](const Numbers& vectors) {
            const Matrix turned =
                scale * q *
                Eigen::Map<const Matrix>(vectors.data(), n,
                                         static_cast<Eigen::Index>(vectors.size() / d));
            return Numbers(turned.data(), turned.data() + turned.size());
        };
        const auto query = normal_vector(random, d);
        const auto memories = normal_vector(random, 3 * d);
        const auto other = normal_vector(random, d);
        const Numbers scores{1.1, 1.0, 0.7};
        ModuleFigures figures;
        const auto plain = look_by_density(query, memories, scores, figures);
        const auto turned = look_by_density(turn(query), turn(memories), scores, figures);
        RC_ASSERT(std::fabs(plain->value(other) - turned->value(turn(other))) <= 1e-11);
    });
}

TEST(Density, VectorsThatSayNothingAreLeftOut) {
    ModuleFigures figures;
    const Numbers query{1, 0};
    EXPECT_FALSE(look_by_density(Numbers{0, 0}, Numbers{1, 0}, Numbers{1}, figures));
    EXPECT_FALSE(look_by_density(query, Numbers{0, 0}, Numbers{1}, figures));
    EXPECT_FALSE(look_by_density(query, {}, {}, figures));
    EXPECT_FALSE(figures.density_trace) << "nothing was computed";
    const auto look = look_by_density(query, Numbers{0, 0, 3, 0}, Numbers{9, 1}, figures);
    ASSERT_TRUE(look.has_value());
    EXPECT_NEAR(look->value(Numbers{5, 0}), 1, 1e-12) << "what is left weighs all";
    EXPECT_EQ(look->value(Numbers{-5, 0}), 0) << "never below 0";
    EXPECT_EQ(look->value(Numbers{0, 0}), 0);
}

}  // namespace
}  // namespace soma::domain
