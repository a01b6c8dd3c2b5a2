#include "math/frgo/frgo.h"

#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

Result<> check_rule(const FrgoRule& rule) {
    const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
    if (!positive(rule.rate)) {
        return MathError{MathFault::out_of_range, "the rate is finite and above 0", "rate"};
    }
    if (!positive(rule.exponent)) {
        return MathError{MathFault::out_of_range, "the exponent is finite and above 0", "exponent"};
    }
    if (!(rule.decay >= 0) || !std::isfinite(rule.decay)) {
        return MathError{MathFault::out_of_range, "the decay is finite and not negative", "decay"};
    }
    if (!positive(rule.lower) || !positive(rule.upper) || rule.lower > rule.upper) {
        return MathError{MathFault::out_of_range, "0 < lower ≤ upper", "lower"};
    }
    return {};
}

}  // namespace

Result<std::vector<double>> grow(const FrgoRule& rule, std::span<const double> conductance,
                                 std::span<const double> flow, std::span<const double> length) {
    if (auto good = check_rule(rule); !good) {
        return good.error();
    }
    if (flow.size() != conductance.size() || length.size() != conductance.size()) {
        return MathError{MathFault::wrong_shape, "every edge has one flow and one length", "flow"};
    }
    if (auto finite = require_finite(flow, "flow"); !finite) {
        return finite.error();
    }
    std::vector<double> next(conductance.size());
    for (std::size_t e = 0; e < next.size(); ++e) {
        if (!(length[e] > 0) || !std::isfinite(length[e])) {
            return MathError{MathFault::out_of_range, "a length is finite and above 0",
                             at_index("length", e)};
        }
        if (!(conductance[e] >= 0) || !std::isfinite(conductance[e])) {
            return MathError{MathFault::out_of_range, "a conductance is finite and not negative",
                             at_index("conductance", e)};
        }
        if (!(rule.rate * rule.decay * length[e] < 2)) {
            return MathError{MathFault::unstable_step, "rate · decay · length must stay below 2",
                             at_index("length", e)};
        }
        // A growth beyond the range of a double is cut off at the upper bound like any other.
        const double growth = std::min(std::pow(std::fabs(flow[e]), rule.exponent), 1e300);
        const double change = growth - rule.decay * length[e] * conductance[e];
        next[e] = std::clamp(conductance[e] + rule.rate * change, rule.lower, rule.upper);
    }
    return next;
}

Result<FrgoStep> frgo_step(const FrgoRule& rule, FlowSolver& solver, std::span<const double> length,
                           std::span<const double> b) {
    auto flow = solver.solve(b);
    if (!flow) {
        return flow.error();
    }
    auto next = grow(rule, solver.conductance(), flow->flow, length);
    if (!next) {
        return next.error();
    }
    if (auto good = solver.set_conductance(*next); !good) {
        return good.error();
    }
    return FrgoStep{std::move(*flow), std::move(*next)};
}

Result<FrgoStep> frgo_step(const FrgoRule& rule, const Graph& graph,
                           std::span<const double> conductance, std::span<const double> length,
                           std::span<const double> b) {
    auto solver = FlowSolver::make(graph, {conductance.begin(), conductance.end()});
    if (!solver) {
        return solver.error();
    }
    auto flow = solver->solve(b);
    if (!flow) {
        return flow.error();
    }
    auto next = grow(rule, conductance, flow->flow, length);
    if (!next) {
        return next.error();
    }
    return FrgoStep{std::move(*flow), std::move(*next)};
}

}  // namespace soma::math
