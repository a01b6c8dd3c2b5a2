#pragma once
#include <Eigen/Core>
#include <optional>

namespace soma::math {

/// The largest eigenvalues of a symmetric matrix, largest first, with orthonormal eigenvectors.
struct LeadingEigenvectors {
    Eigen::VectorXd values;
    Eigen::MatrixXd vectors;  ///< n × count
};

/// `count` of them, from the lower triangle of `matrix`: tridiagonal form, all eigenvalues of it,
/// inverse iteration for the leading vectors only, and back (the way of LAPACK's dsyevx; Wilkinson
/// 1965). A third of the time of a full decomposition when count is a third of n. The result is
/// tested: unless ‖VᵀV − 1‖ and ‖AV − VΛ‖/‖A‖, largest entries, are both below 1e-13, which
/// clusters of nearly equal eigenvalues can prevent, there is none and the caller decomposes in
/// full. Precondition: 1 ≤ count ≤ n, finite. Thread-safe.
std::optional<LeadingEigenvectors> leading_eigenvectors(const Eigen::MatrixXd& matrix,
                                                        Eigen::Index count);

}  // namespace soma::math
