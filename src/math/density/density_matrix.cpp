#include "math/density/density_matrix.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "math/density/leading_eigenvectors.h"
#include "math/numerics/vector.h"

namespace soma::math {
namespace {

using Columns = Eigen::Map<const Eigen::MatrixXd>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;

Columns as_matrix(const std::vector<double>& columns, std::size_t dimension) {
    return {columns.data(), static_cast<Eigen::Index>(dimension),
            static_cast<Eigen::Index>(columns.size() / dimension)};
}

/// AᵀA, lower triangle.
Eigen::MatrixXd gram(const Columns& a) {
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(a.cols(), a.cols());
    result.selfadjointView<Eigen::Lower>().rankUpdate(a.transpose());
    return result;
}

/// The `count` leading eigenpairs, the short way where it is one.
LeadingEigenvectors decompose(const Eigen::MatrixXd& matrix, Eigen::Index count) {
    if (matrix.rows() >= 32 && 2 * count <= matrix.rows()) {
        if (auto leading = leading_eigenvectors(matrix, count)) {
            return *leading;
        }
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
    return {solver.eigenvalues().reverse().head(count),
            solver.eigenvectors().rowwise().reverse().leftCols(count)};
}

Result<> check(double lambda, std::span<const double> fillers, std::span<const double> weights,
               std::size_t dimension) {
    if (weights.empty()) {
        return MathError{MathFault::empty, "an update needs a filler", "weights"};
    }
    if (weights.size() > DensityMatrix::kLargestBatch ||
        fillers.size() != weights.size() * dimension) {
        return MathError{MathFault::wrong_shape, "1 to 1024 fillers of d numbers each", "fillers"};
    }
    if (!(lambda >= 0 && lambda <= 1)) {
        return MathError{MathFault::out_of_range, "lambda is in [0, 1]", "lambda"};
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!(weights[i] >= 0) || !std::isfinite(weights[i])) {
            return MathError{MathFault::out_of_range, "a weight is finite and not negative",
                             at_index("weights", i)};
        }
    }
    if (std::fabs(sum_compensated(weights) - 1) > 1e-9) {
        return MathError{MathFault::out_of_range, "the weights of a batch sum to 1", "weights"};
    }
    return require_finite(fillers, "fillers");
}

}  // namespace

DensityMatrix::DensityMatrix(std::size_t dimension, std::size_t rank)
    : dimension_(dimension), rank_(rank), identity_(1 / static_cast<double>(dimension)) {}

Result<DensityMatrix> DensityMatrix::make(std::size_t dimension, std::size_t rank) {
    if (dimension == 0 || dimension > kLargestDimension) {
        return MathError{MathFault::wrong_shape, "d is 1 to 8192", "dimension"};
    }
    if (rank == 0 || rank > std::min(dimension, kLargestRank)) {
        return MathError{MathFault::wrong_shape, "r is 1 to min(d, 256)", "rank"};
    }
    return DensityMatrix(dimension, rank);
}

Result<> DensityMatrix::update(double lambda, std::span<const double> fillers,
                               std::span<const double> weights) {
    if (auto good = check(lambda, fillers, weights, dimension_); !good) {
        return good;
    }
    std::vector<double> stack(columns_);
    for (double& value : stack) {
        value *= std::sqrt(1 - lambda);
    }
    stack.insert(stack.end(), fillers.begin(), fillers.end());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const auto column = std::span(stack).subspan(columns_.size() + i * dimension_, dimension_);
        if (auto done = normalise(column); !done) {
            return MathError{done.error().fault, done.error().what, at_index("fillers", i)};
        }
        const double length = std::sqrt(lambda * weights[i]);
        for (double& value : column) {
            value *= length;
        }
    }
    columns_ = std::move(stack);
    double shrunk = 0;
    if (columns() > rank_) {
        shrink(shrunk);
    }
    error_bound_ = (1 - lambda) * error_bound_ + shrunk;
    // What B does not hold of the trace belongs to the identity: rounding cannot accumulate.
    const double held = dot(columns_, columns_);
    if (held > 1) {
        for (double& value : columns_) {
            value /= std::sqrt(held);
        }
    }
    identity_ = std::max(0.0, 1 - held) / static_cast<double>(dimension_);
    return {};
}

/// Rotates B to its eigenbasis and takes the (r+1)-th eigenvalue off each.
void DensityMatrix::shrink(double& lost_per_direction) {
    const Columns stack = as_matrix(columns_, dimension_);
    const auto rank = static_cast<Eigen::Index>(rank_);
    const LeadingEigenvectors leading = decompose(gram(stack), rank + 1);
    const double delta = std::max(0.0, leading.values(rank));
    // Below this an eigenvalue of the Gram matrix is rounding noise and its vector arbitrary.
    const double noise = 1e-15 * std::max(leading.values(0), 0.0);
    Eigen::MatrixXd rotation(leading.vectors.rows(), rank);
    Eigen::Index kept = 0;
    for (Eigen::Index j = 0; j < rank; ++j) {
        const double left = leading.values(j) - delta;
        if (left > noise) {
            rotation.col(kept++) = leading.vectors.col(j) * std::sqrt(left / leading.values(j));
        }
    }
    const Eigen::MatrixXd next = stack * rotation.leftCols(kept);
    columns_.assign(next.data(), next.data() + next.size());
    lost_per_direction = delta;
}

Result<std::vector<double>> DensityMatrix::apply(std::span<const double> x) const {
    if (x.size() != dimension_) {
        return MathError{MathFault::wrong_shape, "the vector has d numbers", "x"};
    }
    if (auto finite = require_finite(x, "x"); !finite) {
        return finite.error();
    }
    const ConstVector vector(x.data(), static_cast<Eigen::Index>(x.size()));
    const Columns b = as_matrix(columns_, dimension_);
    std::vector<double> result(dimension_);
    Eigen::Map<Eigen::VectorXd> out(result.data(), static_cast<Eigen::Index>(result.size()));
    const Eigen::VectorXd inside = b.transpose() * vector;
    out.noalias() = identity_ * vector;
    out.noalias() += b * inside;
    return result;
}

Result<std::vector<double>> DensityMatrix::scores(std::span<const double> query,
                                                  std::span<const double> candidates) const {
    if (candidates.size() % dimension_ != 0) {
        return MathError{MathFault::wrong_shape, "candidates have d numbers each", "candidates"};
    }
    if (auto finite = require_finite(candidates, "candidates"); !finite) {
        return finite.error();
    }
    const auto image = apply(query);
    if (!image) {
        MathError error = image.error();
        error.where.replace(0, 1, "query");
        return error;
    }
    std::vector<double> result(candidates.size() / dimension_);
    const Columns all(candidates.data(), static_cast<Eigen::Index>(dimension_),
                      static_cast<Eigen::Index>(result.size()));
    Eigen::Map<Eigen::VectorXd>(result.data(), all.cols()).noalias() =
        all.transpose() * ConstVector(image->data(), all.rows());
    return result;
}

double DensityMatrix::trace() const {
    return dot(columns_, columns_) + identity_ * static_cast<double>(dimension_);
}

double DensityMatrix::purity() const {
    const Eigen::MatrixXd g = gram(as_matrix(columns_, dimension_)).selfadjointView<Eigen::Lower>();
    const double d = static_cast<double>(dimension_);
    return g.squaredNorm() + 2 * identity_ * g.trace() + identity_ * identity_ * d;
}

std::vector<double> DensityMatrix::eigenvalues() const {
    std::vector<double> result(dimension_, identity_);
    if (!columns_.empty()) {
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
            gram(as_matrix(columns_, dimension_)), Eigen::EigenvaluesOnly);
        const Eigen::Index count = solver.eigenvalues().size();
        // More columns than dimensions cannot be: r ≤ d and shrink() keeps at most r.
        for (Eigen::Index j = 0; j < count; ++j) {
            result[static_cast<std::size_t>(j)] += solver.eigenvalues()(count - 1 - j);
        }
    }
    return result;
}

double DensityMatrix::entropy() const {
    double total = 0;
    for (const double value : eigenvalues()) {
        total -= value > 0 ? value * std::log(value) : 0;
    }
    return total;
}

std::vector<double> DensityMatrix::dense() const {
    const Columns b = as_matrix(columns_, dimension_);
    Eigen::MatrixXd rho = Eigen::MatrixXd::Zero(b.rows(), b.rows());
    rho.selfadjointView<Eigen::Lower>().rankUpdate(b);
    rho = Eigen::MatrixXd(rho.selfadjointView<Eigen::Lower>());
    rho.diagonal().array() += identity_;
    return {rho.data(), rho.data() + rho.size()};
}

}  // namespace soma::math
