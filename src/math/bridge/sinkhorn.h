#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// When Sinkhorn stops.
struct SinkhornOptions {
    double tolerance = 1e-9;  ///< of ‖row sums − μ‖₁ and ‖column sums − ν‖₁
    std::size_t most_iterations = 100'000;
};

/// A coupling P = diag(u) K diag(v) with the marginals asked for.
struct Coupling {
    std::vector<double> plan;   ///< row-major n × m, ≥ 0
    std::vector<double> log_u;  ///< −∞ where μ is 0
    std::vector<double> log_v;  ///< −∞ where ν is 0
    std::size_t iterations = 0;
    double row_error = 0;     ///< ‖P1 − μ‖₁
    double column_error = 0;  ///< ‖Pᵀ1 − ν‖₁
};

/// Entropic optimal transport (Sinkhorn 1967; Cuturi 2013): alternately u ← μ/(Kv), v ← ν/(Kᵀu).
/// `log_kernel` is ln K, row-major n × m, −∞ for a forbidden pair; for costs c and temperature ε it
/// is −c/ε. μ and ν are ≥ 0 with sum 1 ± 1e-9. n, m ≤ 4,096.
///
/// The iterations run on K' = diag(u) K diag(v) as it stands; when the new scalings leave 1e±100
/// they are absorbed into K' (Schmitzer 2019), and a kernel whose numbers a double cannot hold gets
/// iterations on logarithms first, which bring it into range: slower, but right at any temperature.
/// O(nm) an iteration. Errors: empty, wrong_shape, not_finite, out_of_range, disconnected (an atom
/// with mass but no partner), not_converged.
Result<Coupling> sinkhorn(std::span<const double> log_kernel, std::span<const double> mu,
                          std::span<const double> nu, const SinkhornOptions& options = {});

}  // namespace soma::math
