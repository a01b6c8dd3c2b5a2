#include "math/density/leading_eigenvectors.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

/// A random rotation times a spectrum in which values may repeat or vanish.
Eigen::MatrixXd random_symmetric(Random& random, Eigen::Index n) {
    const auto numbers = test::normal_vector(random, static_cast<std::size_t>(n * n));
    const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(
                                  Eigen::Map<const Eigen::MatrixXd>(numbers.data(), n, n))
                                  .householderQ();
    const double scale = test::decade(random, -20, 20);
    Eigen::VectorXd values(n);
    for (Eigen::Index i = 0; i < n; ++i) {
        const double kind = random.uniform();
        values(i) = kind < 0.1 ? 0 : kind < 0.3 ? scale : scale * random.uniform();
    }
    const Eigen::MatrixXd full = q * values.asDiagonal() * q.transpose();
    return (full + full.transpose()) / 2;
}

TEST(LeadingEigenvectors, AreThoseOfTheFullDecompositionOrNone) {
    int found = 0;
    property([&] {
        auto random = case_random();
        const auto n = static_cast<Eigen::Index>(1 + random.below(30));
        const auto count =
            static_cast<Eigen::Index>(1 + random.below(static_cast<std::uint64_t>(n)));
        const Eigen::MatrixXd a = random_symmetric(random, n);
        const auto leading = leading_eigenvectors(a, count);
        if (!leading) {
            return;
        }
        ++found;
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> full(a, Eigen::EigenvaluesOnly);
        const double size = full.eigenvalues().cwiseAbs().maxCoeff();
        const Eigen::VectorXd expected = full.eigenvalues().reverse().head(count);
        RC_ASSERT((leading->values - expected).cwiseAbs().maxCoeff() <= 1e-13 * size);
        const auto& v = leading->vectors;
        const Eigen::MatrixXd wrong = a * v - v * leading->values.asDiagonal();
        RC_ASSERT(wrong.cwiseAbs().maxCoeff() <= 1e-12 * size);
        const Eigen::MatrixXd unit = v.transpose() * v;
        RC_ASSERT((unit - Eigen::MatrixXd::Identity(count, count)).cwiseAbs().maxCoeff() <= 1e-12);
    });
    EXPECT_GT(found, 800);
}

TEST(LeadingEigenvectors, OfAGramMatrixOfRandomVectorsAreFound) {
    Random random(3);
    for (int trial = 0; trial < 20; ++trial) {
        const auto numbers = test::normal_vector(random, 96 * 384);
        const Eigen::Map<const Eigen::MatrixXd> stack(numbers.data(), 384, 96);
        EXPECT_TRUE(leading_eigenvectors(stack.transpose() * stack, 33).has_value());
    }
}

TEST(LeadingEigenvectors, TheIdentityAndZeroHaveThemToo) {
    for (const double scale : {0.0, 1.0}) {
        const Eigen::MatrixXd a = scale * Eigen::MatrixXd::Identity(8, 8);
        const auto leading = leading_eigenvectors(a, 3);
        if (leading) {
            EXPECT_EQ(leading->values, Eigen::VectorXd::Constant(3, scale));
        }
    }
}

}  // namespace
}  // namespace soma::math
