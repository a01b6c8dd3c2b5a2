#include "math/density/density_matrix.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/math/simplex.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;
using test::random_simplex;
using Matrix = Eigen::MatrixXd;

Matrix dense(const DensityMatrix& rho) {
    const auto values = rho.dense();
    const auto d = static_cast<Eigen::Index>(rho.dimension());
    return Eigen::Map<const Matrix>(values.data(), d, d);
}

double spectral_norm(const Matrix& symmetric) {
    return Eigen::SelfAdjointEigenSolver<Matrix>(symmetric, Eigen::EigenvaluesOnly)
        .eigenvalues()
        .cwiseAbs()
        .maxCoeff();
}

/// The exact ρ, and the stack A of decayed fillers without the identity: what the sketch
/// approximates.
struct Exact {
    Matrix rho;
    Matrix stack;

    explicit Exact(std::size_t d) {
        const auto n = static_cast<Eigen::Index>(d);
        rho = Matrix::Identity(n, n) / static_cast<double>(d);
        stack = Matrix::Zero(n, n);
    }
    void update(double lambda, const std::vector<double>& fillers,
                const std::vector<double>& weights) {
        Matrix step = Matrix::Zero(rho.rows(), rho.rows());
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const Eigen::VectorXd f =
                Eigen::Map<const Eigen::VectorXd>(
                    fillers.data() + i * static_cast<std::size_t>(rho.rows()), rho.rows())
                    .stableNormalized();
            step += weights[i] * f * f.transpose();
        }
        rho = (1 - lambda) * rho + lambda * step;
        stack = (1 - lambda) * stack + lambda * step;
    }
};

TEST(DensityMatrix, StaysADensityMatrixAndWithinTheSketchBound) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 + random.below(11);
        const std::size_t r = 1 + random.below(d);
        auto rho = DensityMatrix::make(d, r).value();
        Exact exact(d);
        for (int round = 0; round < 6; ++round) {
            const std::size_t m = 1 + random.below(6);
            auto fillers = normal_vector(random, m * d);
            const double scale = test::decade(random, -200, 200);
            for (double& f : fillers) {
                f *= scale;
            }
            const auto weights = random_simplex(random, m);
            const double lambda = random.uniform();
            rho.update(lambda, fillers, weights).value();
            exact.update(lambda, fillers, weights);
            const Matrix full = dense(rho);
            RC_ASSERT(full == full.transpose());
            RC_ASSERT(std::fabs(full.trace() - 1) <= 1e-12);
            RC_ASSERT(std::fabs(rho.trace() - 1) <= 1e-12);
            const auto values = rho.eigenvalues();
            RC_ASSERT(values.back() >= -1e-12);
            const double size = static_cast<double>(d);
            RC_ASSERT(rho.purity() >= 1 / size - 1e-12 && rho.purity() <= 1 + 1e-12);
            RC_ASSERT(std::fabs(rho.purity() - full.squaredNorm()) <= 1e-12);
            RC_ASSERT(rho.entropy() >= -1e-12 && rho.entropy() <= std::log(size) + 1e-12);
            RC_ASSERT(rho.columns() <= r);
            RC_ASSERT(spectral_norm(exact.rho - full) <= rho.error_bound() + 1e-12);
        }
        // Liberty's theorem, with one direction more than the columns kept.
        Eigen::VectorXd energy =
            Eigen::SelfAdjointEigenSolver<Matrix>(exact.stack, Eigen::EigenvaluesOnly)
                .eigenvalues();
        for (std::size_t k = 0; k <= r; ++k) {
            const double tail =
                energy.head(energy.size() - static_cast<Eigen::Index>(k)).cwiseMax(0.0).sum();
            RC_ASSERT(rho.error_bound() <= tail / static_cast<double>(r + 1 - k) + 1e-12);
        }
    });
}

TEST(DensityMatrix, ALargeBatchKeepsTheSameLaws) {
    // Large enough for the short way to the leading eigenvectors.
    property([] {
        auto random = case_random();
        constexpr std::size_t kDimension = 40;
        auto rho = DensityMatrix::make(kDimension, 1 + random.below(10)).value();
        Exact exact(kDimension);
        for (int round = 0; round < 2; ++round) {
            const std::size_t m = 30 + random.below(20);
            const auto fillers = normal_vector(random, m * kDimension);
            const auto weights = random_simplex(random, m);
            const double lambda = random.uniform();
            rho.update(lambda, fillers, weights).value();
            exact.update(lambda, fillers, weights);
        }
        const Matrix full = dense(rho);
        RC_ASSERT(std::fabs(full.trace() - 1) <= 1e-12);
        RC_ASSERT(rho.eigenvalues().back() >= -1e-12);
        RC_ASSERT(spectral_norm(exact.rho - full) <= rho.error_bound() + 1e-12);
    });
}

TEST(DensityMatrix, OrderInsideABatchDoesNotMatter) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 + random.below(12);
        auto one = DensityMatrix::make(d, 1 + random.below(d)).value();
        const auto first = normal_vector(random, 4 * d);
        one.update(0.4, first, random_simplex(random, 4)).value();
        auto two = one;
        const std::size_t m = 2 + random.below(5);
        const auto fillers = normal_vector(random, m * d);
        const auto weights = random_simplex(random, m);
        std::vector<double> reversed_fillers;
        std::vector<double> reversed_weights(weights.rbegin(), weights.rend());
        for (std::size_t i = m; i-- > 0;) {
            const auto at = fillers.begin() + static_cast<std::ptrdiff_t>(i * d);
            reversed_fillers.insert(reversed_fillers.end(), at,
                                    at + static_cast<std::ptrdiff_t>(d));
        }
        one.update(0.3, fillers, weights).value();
        two.update(0.3, reversed_fillers, reversed_weights).value();
        RC_ASSERT((dense(one) - dense(two)).cwiseAbs().maxCoeff() <= 1e-12);
    });
}

TEST(DensityMatrix, ConvergesToTheMixtureOfOrthonormalFillers) {
    property([] {
        auto random = case_random();
        const std::size_t d = 4 + random.below(8);
        const std::size_t m = 1 + random.below(4);
        const double lambda = random.uniform(0.05, 0.9);
        auto rho = DensityMatrix::make(d, m).value();
        const auto start = normal_vector(random, d * d);
        const auto n = static_cast<Eigen::Index>(d);
        const Matrix basis =
            Eigen::HouseholderQR<Matrix>(Eigen::Map<const Matrix>(start.data(), n, n))
                .householderQ();
        const std::vector<double> fillers(basis.data(), basis.data() + m * d);
        const std::vector<double> weights(m, 1.0 / static_cast<double>(m));
        const Matrix limit = basis.leftCols(static_cast<Eigen::Index>(m)) *
                             basis.leftCols(static_cast<Eigen::Index>(m)).transpose() /
                             static_cast<double>(m);
        const double first = (dense(rho) - limit).norm();
        for (int t = 1; t <= 12; ++t) {
            rho.update(lambda, fillers, weights).value();
            const double expected = first * std::pow(1 - lambda, t);
            RC_ASSERT(std::fabs((dense(rho) - limit).norm() - expected) <= 1e-12);
        }
    });
}

TEST(DensityMatrix, ScoreIsInvariantUnderAJointRotation) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 + random.below(10);
        const auto n = static_cast<Eigen::Index>(d);
        const auto start = normal_vector(random, d * d);
        const Matrix q = Eigen::HouseholderQR<Matrix>(Eigen::Map<const Matrix>(start.data(), n, n))
                             .householderQ();
        const auto turn = [&](const std::vector<double>& vectors) {
            const Matrix turned =
                q * Eigen::Map<const Matrix>(vectors.data(), n,
                                             static_cast<Eigen::Index>(vectors.size() / d));
            return std::vector<double>(turned.data(), turned.data() + turned.size());
        };
        const std::size_t r = 1 + random.below(d);
        auto plain = DensityMatrix::make(d, r).value();
        auto turned = DensityMatrix::make(d, r).value();
        for (int round = 0; round < 3; ++round) {
            const auto fillers = normal_vector(random, 3 * d);
            const auto weights = random_simplex(random, 3);
            plain.update(0.5, fillers, weights).value();
            turned.update(0.5, turn(fillers), weights).value();
        }
        const auto query = normal_vector(random, d);
        const auto candidates = normal_vector(random, 4 * d);
        const auto a = plain.scores(query, candidates).value();
        const auto b = turned.scores(turn(query), turn(candidates)).value();
        const Eigen::VectorXd direct =
            Eigen::Map<const Matrix>(candidates.data(), n, 4).transpose() *
            (dense(plain) * Eigen::Map<const Eigen::VectorXd>(query.data(), n));
        for (std::size_t k = 0; k < 4; ++k) {
            RC_ASSERT(std::fabs(a[k] - b[k]) <= 1e-11);
            RC_ASSERT(std::fabs(a[k] - direct(static_cast<Eigen::Index>(k))) <= 1e-11);
        }
    });
}

TEST(DensityMatrix, BadInputIsAnErrorValueAndNothingChanges) {
    EXPECT_EQ(DensityMatrix::make(0, 1).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(DensityMatrix::make(4, 5).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(DensityMatrix::make(4, 0).error().where, "rank");
    auto rho = DensityMatrix::make(2, 1).value();
    const std::vector<double> good{1, 0, 0, 1};
    const std::vector<double> half{0.5, 0.5};
    const auto before = rho.dense();
    EXPECT_EQ(rho.update(0.5, {}, {}).error().fault, MathFault::empty);
    EXPECT_EQ(rho.update(0.5, std::vector<double>{1, 0, 1}, half).error().where, "fillers");
    EXPECT_EQ(rho.update(1.5, good, half).error().where, "lambda");
    EXPECT_EQ(rho.update(std::nan(""), good, half).error().where, "lambda");
    EXPECT_EQ(rho.update(0.5, good, std::vector<double>{1.5, -0.5}).error().where, "weights[1]");
    EXPECT_EQ(rho.update(0.5, good, std::vector<double>{0.5, 0.6}).error().where, "weights");
    EXPECT_EQ(
        rho.update(0.5, std::vector<double>{1, 0, 0, 0}, half).error(),
        (MathError{MathFault::zero_vector, "the zero vector has no direction", "fillers[1]"}));
    EXPECT_EQ(rho.update(0.5, std::vector<double>{1, 0, 0, HUGE_VAL}, half).error().where,
              "fillers[3]");
    EXPECT_EQ(rho.dense(), before);
    EXPECT_EQ(rho.apply(std::vector<double>{1}).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(rho.scores(std::vector<double>{1, std::nan("")}, good).error().where, "query[1]");
    EXPECT_EQ(rho.scores(half, std::vector<double>{1, 2, 3}).error().where, "candidates");
}

}  // namespace
}  // namespace soma::math
