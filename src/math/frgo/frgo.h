#pragma once
#include <span>
#include <vector>

#include "math/frgo/flow.h"

namespace soma::math {

/// Flow-regulated growth of conductances, after the slime mould that finds short paths (Tero,
/// Kobayashi, Nakagaki 2007): edges that carry current grow, unused ones wither.
struct FrgoRule {
    double rate = 0.02;     ///< η > 0
    double exponent = 1.4;  ///< α > 0; for α > 1 the shorter of two paths takes all
    double decay = 0.003;   ///< λ ≥ 0
    double lower = 1e-9;    ///< C_min > 0
    double upper = 1e3;     ///< C_max ≥ C_min
};

/// C ← clip(C + η(|Q|^α − λ ℓ C), C_min, C_max), per edge. Fixed points have |Q|^α = λℓC; an unused
/// edge decays as (1−ηλℓ)^t. The explicit step diverges for ηλℓ ≥ 2 and is then refused. O(m).
/// Errors, nothing being returned: wrong_shape, not_finite, out_of_range, unstable_step.
Result<std::vector<double>> grow(const FrgoRule& rule, std::span<const double> conductance,
                                 std::span<const double> flow, std::span<const double> length);

/// One step of the loop: the flow that b drives through C, and the conductances it leaves.
struct FrgoStep {
    Flow flow;
    std::vector<double> conductance;
};

/// Solves for the flow on the Laplacian of the solver's conductances, grows them, and leaves the
/// grown ones in the solver: call it again to learn, the graph is ordered once. Errors of
/// FlowSolver and grow(), the solver being as before.
Result<FrgoStep> frgo_step(const FrgoRule& rule, FlowSolver& solver, std::span<const double> length,
                           std::span<const double> b);

/// One step alone, from conductances.
Result<FrgoStep> frgo_step(const FrgoRule& rule, const Graph& graph,
                           std::span<const double> conductance, std::span<const double> length,
                           std::span<const double> b);

}  // namespace soma::math
