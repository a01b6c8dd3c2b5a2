#include "math/frgo/flow.h"

#include <algorithm>
#include <cmath>

#include "math/frgo/laplacian_method.h"
#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr int kMostRefinements = 40;
constexpr double kSought =
    1e-10;  ///< of max|b|: refinement stops here, or where it no longer helps
constexpr std::size_t kSmall = 100;     ///< vertices that Cholesky takes whatever their edges
constexpr std::size_t kMedium = 2'000;  ///< vertices that it takes when conductances are far apart
constexpr double kSmallWork = 1e6;      ///< operations not worth comparing with anything
constexpr double kAccepted = 1e-9;      ///< what Kirchhoff's law may miss at most

double largest(std::span<const double> x) {
    double result = 0;
    for (const double value : x) {
        result = std::max(result, std::fabs(value));
    }
    return result;
}

/// Conductances within three decades.
bool alike(std::span<const double> conductance) {
    const auto [least, most] = std::minmax_element(conductance.begin(), conductance.end());
    return conductance.empty() || *most <= 1e3 * *least;
}

Result<std::unique_ptr<LaplacianMethod>> make_method(const Graph& graph,
                                                     std::span<const double> conductance,
                                                     FlowMethod method) {
    const std::size_t n = graph.vertices();
    const std::size_t most = std::min(FlowSolver::kMostIterations, 20 * n + 50);
    const std::size_t m = graph.edges().size();
    if (method == FlowMethod::cholesky) {
        return make_cholesky(graph, conductance);
    }
    const bool even = alike(conductance);
    if (method == FlowMethod::automatic && (m <= 3 * n || n <= kSmall || (!even && n <= kMedium))) {
        // What conjugate gradients cost: about √n sweeps over a planar graph, and many more where
        // conductances are far apart.
        const double sweeps = (even ? 5 : 100) * std::sqrt(static_cast<double>(n));
        const double sweep = static_cast<double>(2 * m + 5 * n);
        auto direct = make_cholesky(graph, conductance, sweeps * sweep + kSmallWork);
        if (!direct || *direct) {
            return direct;
        }
    }
    const bool scaled =
        method == FlowMethod::scaled || (method == FlowMethod::automatic && m > 3 * n && even);
    return scaled ? make_scaled_gradients(graph, conductance, most)
                  : make_conjugate_gradients(graph, conductance, most);
}

}  // namespace

FlowSolver::FlowSolver(const Graph& graph, std::vector<double> conductance)
    : graph_(&graph), conductance_(std::move(conductance)) {}
FlowSolver::FlowSolver(FlowSolver&&) noexcept = default;
FlowSolver& FlowSolver::operator=(FlowSolver&&) noexcept = default;
FlowSolver::~FlowSolver() = default;

Result<FlowSolver> FlowSolver::make(const Graph& graph, std::vector<double> conductance,
                                    FlowMethod method) {
    if (auto good = require_conductances(graph, conductance); !good) {
        return good.error();
    }
    FlowSolver solver(graph, std::move(conductance));
    auto made = make_method(graph, solver.conductance_, method);
    if (!made) {
        return made.error();
    }
    solver.method_ = std::move(*made);
    return solver;
}

Result<> FlowSolver::set_conductance(std::vector<double> conductance) {
    if (auto good = require_conductances(*graph_, conductance); !good) {
        return good;
    }
    if (!method_->update(conductance)) {
        const bool restored = method_->update(conductance_);
        SOMA_ASSERT(restored, "the old conductances had a factor");
        return MathError{MathFault::not_converged, "the Cholesky factorisation broke down",
                         "conductance"};
    }
    conductance_ = std::move(conductance);
    return {};
}

/// Q += C_e (x_from − x_to), x += potential, missing = b − BᵀQ: the current that Kirchhoff's law
/// still misses at each vertex. Returns its largest.
double FlowSolver::add_flow(const std::vector<double>& potential, std::span<const double> b,
                            Flow& flow, std::vector<double>& missing) const {
    missing.assign(b.begin(), b.end());
    const Edge* edges = graph_->edges().data();
    const double* x = potential.data();
    const double* conductance = conductance_.data();
    double* left = missing.data();
    double* current = flow.flow.data();
    for (std::size_t e = 0; e < conductance_.size(); ++e) {
        const Edge edge = edges[e];
        current[e] += conductance[e] * (x[edge.from] - x[edge.to]);
        left[edge.from] -= current[e];
        left[edge.to] += current[e];
    }
    for (std::size_t v = 0; v < potential.size(); ++v) {
        flow.potential[v] += x[v];
    }
    return largest(missing);
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
    if (auto good = refine(b, size, flow); !good) {
        return good.error();
    }
    finish(flow);
    return flow;
}

/// Solves for what is missing until it is little enough, or no round helps any more.
Result<> FlowSolver::refine(std::span<const double> b, double size, Flow& flow) {
    std::vector<double> residual(b.begin(), b.end());
    std::vector<double> potential(b.size());
    flow.kirchhoff_error = size;
    Flow best;
    best.kirchhoff_error = size;
    for (int round = 0, helpless = 0; round < kMostRefinements && helpless < 2; ++round) {
        if (flow.kirchhoff_error <= kSought * size || flow.iterations >= kMostIterations) {
            break;
        }
        flow.iterations += method_->solve(residual, potential);
        flow.kirchhoff_error = add_flow(potential, b, flow, residual);
        if (flow.kirchhoff_error <= kSought * size) {
            return {};
        }
        // At the limit of precision a round may also add noise: the best one counts.
        helpless = flow.kirchhoff_error < best.kirchhoff_error / 2 ? 0 : helpless + 1;
        if (flow.kirchhoff_error < best.kirchhoff_error) {
            best = flow;
        }
    }
    if (best.kirchhoff_error < flow.kirchhoff_error) {
        best.iterations = flow.iterations;
        flow = std::move(best);
    }
    if (!(flow.kirchhoff_error <= kAccepted * size)) {
        return MathError{MathFault::not_converged, "Kirchhoff's law is not met to 1e-9", "b"};
    }
    return {};
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
