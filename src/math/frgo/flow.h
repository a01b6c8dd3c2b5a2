#pragma once
#include <memory>
#include <span>
#include <vector>

#include "math/graph/graph.h"

namespace soma::math {

class LaplacianMethod;

/// A current through a network: what enters at each vertex, b, leaves through the edges.
struct Flow {
    std::vector<double> potential;  ///< x, Lx = b; 0 at the first vertex of every component
    std::vector<double> flow;       ///< Q_e = C_e (x_from − x_to)
    double kirchhoff_error = 0;     ///< ‖BᵀQ − b‖∞
    double energy = 0;              ///< ΣQ²/C = bᵀx
    std::size_t iterations = 0;     ///< of conjugate gradients; 0 for the direct method
};

/// How FlowSolver solves.
enum class FlowMethod : std::uint8_t {
    automatic,   ///< whichever of the others should be fastest
    cholesky,    ///< CHOLMOD's simplicial sparse Cholesky (Davis 2006)
    incomplete,  ///< conjugate gradients, incomplete Cholesky
    scaled,      ///< conjugate gradients, scaled by the degrees
};

/// Solves Laplacian systems L(C) x = b on one graph, per component.
///
/// Cholesky factors L without the first vertex of each component, once; it is chosen where the
/// vertices have few neighbours and the ordering promises a factor that costs less than conjugate
/// gradients would (grids, trees, small graphs, and up to 2,000 vertices whose
/// conductances lie far apart). Graphs with many neighbours and conductances
/// within three decades take gradients scaled by the degrees. The rest take gradients
/// preconditioned by the diagonal form of incomplete Cholesky, M = (P + N) P⁻¹ (P + Nᵀ) with N the
/// strictly lower part of L and pivots p_v = d_v − Σ_{u<v} w²/p_u (IC(0) exactly on graphs without
/// triangles), in Eisenstat's form (1981), where applying matrix and preconditioner costs one sweep
/// over the edges.
///
/// Whatever the method, the flow, not the potential, is refined: the current Kirchhoff's law still
/// misses is solved for again and added to Q. Differences of potentials would lose it where a good
/// conductor lies behind a bad one (C spans twelve decades); sums of flows do not. The graph must
/// outlive the solver. solve() is not thread-safe: one solver a thread.
class FlowSolver {
  public:
    static constexpr std::size_t kMostIterations = 50'000;

    /// Errors: wrong_shape, out_of_range (conductance[e]), not_converged (the factorisation broke
    /// down).
    static Result<FlowSolver> make(const Graph& graph, std::vector<double> conductance,
                                   FlowMethod method = FlowMethod::automatic);
    FlowSolver(FlowSolver&&) noexcept;
    FlowSolver& operator=(FlowSolver&&) noexcept;
    ~FlowSolver();

    const Graph& graph() const { return *graph_; }
    const std::vector<double>& conductance() const { return conductance_; }

    /// Other conductances on the same graph, without ordering it again: the way of a learning loop.
    /// Errors of make(), leaving the solver as it was.
    Result<> set_conductance(std::vector<double> conductance);

    /// ‖BᵀQ − b‖∞ ≤ 1e-9·max|b|. Errors: wrong_shape, not_finite, disconnected (the currents of a
    /// component do not sum to 0), not_converged.
    Result<Flow> solve(std::span<const double> b);

    /// A unit current from source to sink; all zeros when they are the same. Errors: out_of_range,
    /// disconnected, not_converged.
    Result<Flow> unit_flow(std::uint32_t source, std::uint32_t sink);

    /// R_eff = x_s − x_t = ΣQ²/C, a metric on each component. Errors as unit_flow().
    Result<double> effective_resistance(std::uint32_t source, std::uint32_t sink);

  private:
    FlowSolver(const Graph& graph, std::vector<double> conductance);
    double add_flow(const std::vector<double>& potential, std::span<const double> b, Flow& flow,
                    std::vector<double>& missing) const;
    Result<> refine(std::span<const double> b, double size, Flow& flow);
    void finish(Flow& flow) const;

    const Graph* graph_;
    std::vector<double> conductance_;
    std::unique_ptr<LaplacianMethod> method_;
};

}  // namespace soma::math
