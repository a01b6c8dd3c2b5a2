#include "math/density/leading_eigenvectors.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "math/numerics/random.h"

namespace soma::math {
namespace {

using Eigen::Index;
using Vector = Eigen::VectorXd;

constexpr double kAccepted = 1e-13;
constexpr double kRounding = 2.3e-16;

/// LU with row exchanges of T − λ for a tridiagonal T, as four diagonals.
class ShiftedTridiagonal {
  public:
    ShiftedTridiagonal(const Vector& diagonal, const Vector& beside, double shift, double least)
        : pivot_(diagonal.size()),
          right_(diagonal.size()),
          second_(diagonal.size()),
          factor_(diagonal.size()),
          swapped_(static_cast<std::size_t>(diagonal.size())) {
        const Index n = diagonal.size();
        double a = diagonal(0) - shift;
        double b = n > 1 ? beside(0) : 0;
        for (Index i = 0; i + 1 < n; ++i) {
            const double below = beside(i);
            const double next = diagonal(i + 1) - shift;
            const double beyond = i + 2 < n ? beside(i + 1) : 0;
            const bool swap = std::fabs(below) > std::fabs(a);
            swapped_[static_cast<std::size_t>(i)] = swap;
            if (swap) {
                pivot_(i) = below;
                right_(i) = next;
                second_(i) = beyond;
                factor_(i) = a / below;
                a = b - factor_(i) * next;
                b = -factor_(i) * beyond;
            } else {
                pivot_(i) = std::fabs(a) < least ? least : a;
                right_(i) = b;
                second_(i) = 0;
                factor_(i) = below / pivot_(i);
                a = next - factor_(i) * b;
                b = beyond;
            }
        }
        pivot_(n - 1) = std::fabs(a) < least ? least : a;
        inverse_ = pivot_.cwiseInverse();
    }

    /// x ← (T − λ)⁻¹ x. A nearly singular matrix is what inverse iteration lives on.
    void solve(Vector& x) const {
        const Index n = pivot_.size();
        for (Index i = 0; i + 1 < n; ++i) {
            if (swapped_[static_cast<std::size_t>(i)]) {
                std::swap(x(i), x(i + 1));
            }
            x(i + 1) -= factor_(i) * x(i);
        }
        for (Index i = n; i-- > 0;) {
            double value = x(i);
            value -= i + 1 < n ? right_(i) * x(i + 1) : 0;
            value -= i + 2 < n ? second_(i) * x(i + 2) : 0;
            x(i) = value * inverse_(i);
        }
    }

  private:
    Vector pivot_;
    Vector inverse_;
    Vector right_;
    Vector second_;
    Vector factor_;
    std::vector<bool> swapped_;
};

/// Eigenvectors of the tridiagonal matrix for the given values, largest first.
Eigen::MatrixXd by_inverse_iteration(const Vector& diagonal, const Vector& beside,
                                     const Vector& values, double size) {
    constexpr int kSteps = 2;
    Eigen::MatrixXd vectors(diagonal.size(), values.size());
    Random random(1);
    double last = HUGE_VAL;
    Index cluster = 0;  // the first vector whose value is so near that directions may mix
    for (Index j = 0; j < values.size(); ++j) {
        if (j > 0 && values(j - 1) - values(j) > 1e-3 * size) {
            cluster = j;
        }
        // Equal values get shifts of their own, or the same vector would come out twice.
        const double shift = std::min(values(j), last - 10 * kRounding * size);
        last = shift;
        const ShiftedTridiagonal factors(diagonal, beside, shift, kRounding * size);
        Vector x(diagonal.size());
        for (Index i = 0; i < x.size(); ++i) {
            x(i) = random.uniform(-1, 1);
        }
        for (int step = 0; step < kSteps; ++step) {
            factors.solve(x);
            x.normalize();
            const auto near = vectors.middleCols(cluster, j - cluster);
            x -= near * (near.transpose() * x);
            x.normalize();
        }
        vectors.col(j) = x;
    }
    return vectors;
}

}  // namespace

std::optional<LeadingEigenvectors> leading_eigenvectors(const Eigen::MatrixXd& matrix,
                                                        Index count) {
    const Eigen::Tridiagonalization<Eigen::MatrixXd> form(matrix);
    Vector diagonal = form.diagonal();
    Vector beside = form.subDiagonal();
    // Eigen's test for an entry beside the diagonal that may count as 0 supposes numbers about 1.
    const double largest = std::max(diagonal.cwiseAbs().maxCoeff(),
                                    beside.size() > 0 ? beside.cwiseAbs().maxCoeff() : 0);
    const double scale = largest > 0 ? largest : 1;
    diagonal /= scale;
    beside /= scale;
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
    solver.computeFromTridiagonal(diagonal, beside, Eigen::EigenvaluesOnly);
    if (solver.info() != Eigen::Success) {
        return std::nullopt;
    }
    LeadingEigenvectors result;
    result.values = solver.eigenvalues().reverse().head(count);
    const double size = solver.eigenvalues().cwiseAbs().maxCoeff();
    const Eigen::MatrixXd v = by_inverse_iteration(diagonal, beside, result.values, size);
    Eigen::MatrixXd wrong = diagonal.asDiagonal() * v - v * result.values.asDiagonal();
    wrong.topRows(beside.size()) += beside.asDiagonal() * v.bottomRows(beside.size());
    wrong.bottomRows(beside.size()) += beside.asDiagonal() * v.topRows(beside.size());
    Eigen::MatrixXd skew = v.transpose() * v;
    skew.diagonal().array() -= 1;
    // Written so that NaN is not accepted either.
    if (!(wrong.cwiseAbs().maxCoeff() <= kAccepted * size &&
          skew.cwiseAbs().maxCoeff() <= kAccepted)) {
        return std::nullopt;
    }
    result.values *= scale;
    result.vectors = form.matrixQ() * v;
    return result;
}

}  // namespace soma::math
