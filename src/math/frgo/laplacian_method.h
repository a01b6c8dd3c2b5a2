#pragma once
#include <memory>
#include <span>
#include <vector>

#include "math/graph/graph.h"

namespace soma::math {

/// One approximate solve of L x = r, the inner step of FlowSolver. r sums to about 0 in each
/// component. Two implementations, both real: direct and iterative.
class LaplacianMethod {
  public:
    virtual ~LaplacianMethod() = default;
    /// Fills x; returns the iterations it took (0 for a direct method).
    virtual std::size_t solve(std::span<const double> r, std::span<double> x) = 0;
};

/// CHOLMOD, simplicial, AMD ordering. Errors: not_converged when a pivot is not positive.
Result<std::unique_ptr<LaplacianMethod>> make_cholesky(const Graph& graph,
                                                       std::span<const double> conductance);

/// Preconditioned conjugate gradients, until the residual is 1e-6 of what it was in the
/// preconditioner's norm, or for `most_iterations`: FlowSolver looks at what is missing and asks
/// again.
std::unique_ptr<LaplacianMethod> make_conjugate_gradients(const Graph& graph,
                                                          std::span<const double> conductance,
                                                          std::size_t most_iterations);

}  // namespace soma::math
