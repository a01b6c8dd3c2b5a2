#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "math/bridge/sinkhorn.h"
#include "math/graph/graph.h"

namespace soma::math {

/// The Schrödinger bridge on a graph (Léonard 2014): the likeliest way for mass to diffuse from μ0
/// at time 0 to μ1 at time 1, when a walker by itself diffuses with K = exp(−βL). With the coupling
/// diag(u) K diag(v) of Sinkhorn, the mass at time t is
///   p_t = (e^{−tβL} u) ⊙ (e^{−(1−t)βL} v),   p_0 = μ0, p_1 = μ1, Σ p_t = 1.
/// The planner ranks steps by p_t: what lies on the likely ways between here and the goal.
/// Immutable, thread-safe; the graph must outlive it. n ≤ 1,024.
class Bridge {
  public:
    /// μ0 and μ1 are n masses ≥ 0 with sum 1 ± 1e-9, and equal sums in every component (± 1e-12): a
    /// walker cannot cross. Errors: those of heat_kernel() and sinkhorn(), and disconnected.
    static Result<Bridge> make(const Graph& graph, std::span<const double> conductance, double beta,
                               std::span<const double> mu0, std::span<const double> mu1,
                               const SinkhornOptions& options = {});

    /// p_t, n numbers ≥ 0; 0 ≤ t ≤ 1. Sums to 1 within the coupling's tolerance. O(time · m).
    /// Errors: out_of_range, overflow (scalings too far apart for a double).
    Result<std::vector<double>> at(double t) const;

    const Coupling& coupling() const { return coupling_; }

  private:
    Bridge(Laplacian laplacian, double beta) : laplacian_(std::move(laplacian)), beta_(beta) {}
    Laplacian laplacian_;
    double beta_;
    Coupling coupling_;
};

/// Vertices by mass, greatest first, equal masses by number: the order of plan steps at time t.
std::vector<std::uint32_t> rank_steps(std::span<const double> mass);

}  // namespace soma::math
