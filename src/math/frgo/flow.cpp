#include "math/frgo/flow.h"

#include <algorithm>
#include <cmath>

#include "math/frgo/laplacian_method.h"
#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr int kMostRefinements = 40;
constexpr double kSought =
    1e-12;  ///< of max|b|: refinement stops here, or where it no longer helps
constexpr double kAccepted = 1e-9;  ///< what Kirchhoff's law may miss at most

double largest(std::span<const double> x) {
    double result = 0;
    for (const double value : x) {
        result = std::max(result, std::fabs(value));
    }
    return result;
}

}  // namespace

FlowSolver::FlowSolver(const Graph& graph, std::vector<double> conductance)
    : graph_(&graph), conductance_(std::move(conductance)) {}
FlowSolver::FlowSolver(FlowSolver&&) noexcept = default;
FlowSolver& FlowSolver::operator=(FlowSolver&&) noexcept = default;
FlowSolver::~FlowSolver() = default;

Result<FlowSolver> FlowSolver::make(const Graph& graph, std::vector<double> conductance,
                                    std::size_t direct_up_to) {
    if (auto good = require_conductances(graph, conductance); !good) {
        return good.error();
    }
    FlowSolver solver(graph, std::move(conductance));
    if (graph.vertices() > direct_up_to) {
        solver.method_ = make_conjugate_gradients(
            graph, solver.conductance_, std::min(kMostIterations, 20 * graph.vertices() + 50));
        return solver;
    }
    auto direct = make_cholesky(graph, solver.conductance_);
    if (!direct) {
        return direct.error();
    }
    solver.method_ = std::move(*direct);
    return solver;
}

/// Q += C_e (x_from − x_to), x += potential.
void FlowSolver::add_flow(const std::vector<double>& potential, Flow& flow) const {
    const auto& edges = graph_->edges();
    for (std::size_t e = 0; e < edges.size(); ++e) {
        flow.flow[e] += conductance_[e] * (potential[edges[e].from] - potential[edges[e].to]);
    }
    for (std::size_t v = 0; v < potential.size(); ++v) {
        flow.potential[v] += potential[v];
    }
}

/// b − BᵀQ: the current that Kirchhoff's law still misses at each vertex.
std::vector<double> FlowSolver::missing(std::span<const double> b, const Flow& flow) const {
    std::vector<double> result(b.begin(), b.end());
    const auto& edges = graph_->edges();
    for (std::size_t e = 0; e < edges.size(); ++e) {
        result[edges[e].from] -= flow.flow[e];
        result[edges[e].to] += flow.flow[e];
    }
    return result;
}

/// Potentials relative to the first vertex of each component, and the energy.
void FlowSolver::finish(Flow& flow) const {
    std::vector<double> ground(graph_->components(), 0.0);
    std::vector<char> seen(graph_->components(), 0);
    for (std::size_t v = 0; v < flow.potential.size(); ++v) {
        const std::uint32_t c = graph_->component()[v];
        if (seen[c] == 0) {
            seen[c] = 1;
            ground[c] = flow.potential[v];
        }
        flow.potential[v] -= ground[c];
    }
    for (std::size_t e = 0; e < flow.flow.size(); ++e) {
        flow.energy += flow.flow[e] * flow.flow[e] / conductance_[e];
    }
}

Result<Flow> FlowSolver::solve(std::span<const double> b) {
    if (b.size() != graph_->vertices()) {
        return MathError{MathFault::wrong_shape, "every vertex has one current", "b"};
    }
    if (auto finite = require_finite(b, "b"); !finite) {
        return finite.error();
    }
    const double size = largest(b);
    std::vector<double> sums(graph_->components(), 0.0);
    for (std::size_t v = 0; v < b.size(); ++v) {
        sums[graph_->component()[v]] += b[v];
    }
    if (size > 1e100 || largest(sums) > 1e-12 * size * std::sqrt(static_cast<double>(b.size()))) {
        return MathError{MathFault::disconnected,
                         "the currents into a component sum to 0 (and are at most 1e100)", "b"};
    }
    Flow flow{std::vector<double>(b.size(), 0.0), std::vector<double>(conductance_.size(), 0.0), 0,
              0, 0};
    std::vector<double> residual(b.begin(), b.end());
    std::vector<double> potential(b.size());
    flow.kirchhoff_error = size;
    Flow best = flow;
    for (int round = 0, helpless = 0; round < kMostRefinements && helpless < 2; ++round) {
        if (flow.kirchhoff_error <= kSought * size || flow.iterations >= kMostIterations) {
            break;
        }
        flow.iterations += method_->solve(residual, potential);
        add_flow(potential, flow);
        residual = missing(b, flow);
        flow.kirchhoff_error = largest(residual);
        // At the limit of precision a round may also add noise: the best one counts.
        helpless = flow.kirchhoff_error < best.kirchhoff_error / 2 ? 0 : helpless + 1;
        if (flow.kirchhoff_error < best.kirchhoff_error) {
            best = flow;
        }
    }
    best.iterations = flow.iterations;
    flow = std::move(best);
    if (!(flow.kirchhoff_error <= kAccepted * size)) {
        return MathError{MathFault::not_converged, "Kirchhoff's law is not met to 1e-9", "b"};
    }
    finish(flow);
    return flow;
}

Result<Flow> FlowSolver::unit_flow(std::uint32_t source, std::uint32_t sink) {
    if (source >= graph_->vertices() || sink >= graph_->vertices()) {
        return MathError{MathFault::out_of_range, "source and sink are vertices",
                         source >= graph_->vertices() ? "source" : "sink"};
    }
    if (graph_->component()[source] != graph_->component()[sink]) {
        return MathError{MathFault::disconnected, "source and sink lie in different components",
                         "sink"};
    }
    std::vector<double> b(graph_->vertices(), 0.0);
    b[source] += 1;
    b[sink] -= 1;
    return solve(b);
}

Result<double> FlowSolver::effective_resistance(std::uint32_t source, std::uint32_t sink) {
    const auto flow = unit_flow(source, sink);
    if (!flow) {
        return flow.error();
    }
    // The energy errs in second order only (Thomson's principle), the potential in first.
    return flow->energy;
}

}  // namespace soma::math
