#pragma once
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "math/graph/graph.h"

namespace soma::math {

/// One approximate solve of L x = r, the inner step of FlowSolver. r sums to about 0 in each
/// component. Three implementations, all real: one direct and two iterative.
class LaplacianMethod {
  public:
    virtual ~LaplacianMethod() = default;
    /// Fills x; returns the iterations it took (0 for a direct method).
    virtual std::size_t solve(std::span<const double> r, std::span<double> x) = 0;
    /// Other conductances on the same graph: what depends on the graph alone is kept. False when
    /// the method breaks down on them; it then has to be given usable ones before the next solve.
    virtual bool update(std::span<const double> conductance) = 0;
};

/// CHOLMOD, simplicial, AMD ordering. `most_operations`: the work of one factorisation, known from
/// the ordering alone, above which there is no method (null). Errors: not_converged when a pivot is
/// not positive.
Result<std::unique_ptr<LaplacianMethod>> make_cholesky(
    const Graph& graph, std::span<const double> conductance,
    double most_operations = std::numeric_limits<double>::infinity());

/// Conjugate gradients preconditioned by incomplete Cholesky, until the residual is 1e-6 of what it
/// was in the preconditioner's norm, or for `most_iterations`: FlowSolver looks at what is missing
/// and asks again.
std::unique_ptr<LaplacianMethod> make_conjugate_gradients(const Graph& graph,
                                                          std::span<const double> conductance,
                                                          std::size_t most_iterations);

/// The same, down to 1e-10, preconditioned by the degrees alone: no step waits for the one before,
/// which is faster where every vertex has many neighbours and conductances are alike.
std::unique_ptr<LaplacianMethod> make_scaled_gradients(const Graph& graph,
                                                       std::span<const double> conductance,
                                                       std::size_t most_iterations);

}  // namespace soma::math
