#include "math/graph/pagerank.h"

#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

/// The push state: estimate and residual, with the graph's walk beside them.
class Push {
  public:
    Push(const Laplacian& laplacian, std::vector<double> share, double restart)
        : laplacian_(laplacian),
          restart_(restart),
          share_(std::move(share)),
          rank_(share_.size(), 0.0),
          residual_(share_) {
        const auto& component = laplacian.graph().component();
        volume_.resize(laplacian.graph().components());
        for (std::size_t v = 0; v < share_.size(); ++v) {
            volume_[component[v]] += laplacian.degrees()[v];
        }
    }

    /// Pushes every vertex whose residual is above `threshold`, in order; what a push gives to
    /// later vertices is pushed on in the same sweep.
    void sweep(double threshold) {
        const auto& graph = laplacian_.graph();
        const std::uint32_t* starts = graph.starts().data();
        const std::uint32_t* neighbours = graph.neighbours().data();
        const double* weights = laplacian_.weights().data();
        const double* degrees = laplacian_.degrees().data();
        double* residual = residual_.data();
        double dangling = 0;
        for (std::size_t v = 0; v < rank_.size(); ++v) {
            const double mass = residual[v];
            if (std::fabs(mass) <= threshold) {
                continue;
            }
            residual[v] = 0;
            rank_[v] += restart_ * mass;
            const double moving = (1 - restart_) * mass;
            if (starts[v] == starts[v + 1]) {
                dangling += moving;
                continue;
            }
            const double unit = moving / degrees[v];
            for (std::uint32_t i = starts[v]; i < starts[v + 1]; ++i) {
                residual[neighbours[i]] += unit * weights[i];
            }
        }
        return_to_seeds(dangling);
    }

    /// Moves the stationary part of the residual, component by component, to the estimate. Only
    /// where there are no dangling seeds' returns to disturb it: a component keeps its own walkers.
    void settle() {
        const auto& component = laplacian_.graph().component();
        std::vector<double> mass(volume_.size(), 0.0);
        for (std::size_t v = 0; v < residual_.size(); ++v) {
            mass[component[v]] += residual_[v];
        }
        for (std::size_t v = 0; v < residual_.size(); ++v) {
            const std::uint32_t c = component[v];
            if (volume_[c] > 0) {
                const double stationary = mass[c] * (laplacian_.degrees()[v] / volume_[c]);
                rank_[v] += stationary;
                residual_[v] -= stationary;
            }
        }
    }

    double residual_norm() const {
        double sum = 0;
        for (const double value : residual_) {
            sum += std::fabs(value);
        }
        return sum;
    }

    /// Signed residuals can leave an estimate a rounding below 0, and a sum a rounding beside 1.
    std::vector<double> take_rank() {
        for (double& value : rank_) {
            value = std::max(value, 0.0);
        }
        const double total = sum_compensated(rank_);
        for (double& value : rank_) {
            value /= total;
        }
        return std::move(rank_);
    }

  private:
    void return_to_seeds(double mass) {
        if (mass != 0) {
            for (std::size_t v = 0; v < residual_.size(); ++v) {
                residual_[v] += mass * share_[v];
            }
        }
    }

    const Laplacian& laplacian_;
    double restart_;
    std::vector<double> share_;
    std::vector<double> rank_;
    std::vector<double> residual_;
    std::vector<double> volume_;
};

/// ‖α s + (1−α) Pᵀπ − π‖₁, from the answer itself and not from the bookkeeping that led to it.
double true_residual(const Laplacian& laplacian, const std::vector<double>& share,
                     const std::vector<double>& rank, double restart) {
    const auto& graph = laplacian.graph();
    std::vector<double> image(rank.size(), 0.0);
    double dangling = 0;
    for (std::size_t v = 0; v < rank.size(); ++v) {
        if (graph.starts()[v] == graph.starts()[v + 1]) {
            dangling += rank[v];
            continue;
        }
        const double unit = rank[v] / laplacian.degrees()[v];
        for (std::uint32_t i = graph.starts()[v]; i < graph.starts()[v + 1]; ++i) {
            image[graph.neighbours()[i]] += unit * laplacian.weights()[i];
        }
    }
    double total = 0;
    for (std::size_t v = 0; v < rank.size(); ++v) {
        const double walked = image[v] + dangling * share[v];
        total += std::fabs(restart * share[v] + (1 - restart) * walked - rank[v]);
    }
    return total;
}

Result<> check(const Graph& graph, std::span<const double> seeds, const PageRankOptions& options) {
    if (seeds.size() != graph.vertices()) {
        return MathError{MathFault::wrong_shape, "every vertex has one seed weight", "seeds"};
    }
    if (auto finite = require_finite(seeds, "seeds"); !finite) {
        return finite;
    }
    for (std::size_t v = 0; v < seeds.size(); ++v) {
        if (seeds[v] < 0) {
            return MathError{MathFault::out_of_range, "a seed weight is not negative",
                             at_index("seeds", v)};
        }
    }
    if (!(options.restart > 0 && options.restart < 1)) {
        return MathError{MathFault::out_of_range, "the restart probability is in (0, 1)",
                         "restart"};
    }
    if (!(options.tolerance >= 1e-15 && options.tolerance <= 1)) {
        return MathError{MathFault::out_of_range, "the tolerance is in [1e-15, 1]", "tolerance"};
    }
    return {};
}

}  // namespace

Result<PageRankResult> personalised_pagerank(const Graph& graph,
                                             std::span<const double> conductance,
                                             std::span<const double> seeds,
                                             const PageRankOptions& options) {
    if (auto good = require_conductances(graph, conductance); !good) {
        return good.error();
    }
    if (auto good = check(graph, seeds, options); !good) {
        return good.error();
    }
    std::vector<double> share(seeds.begin(), seeds.end());
    const double scale = scale_to_unit(share);
    for (double& value : share) {
        value *= scale;
    }
    const double total = sum_compensated(share);
    if (!(total > 0)) {
        return MathError{MathFault::out_of_range, "no vertex is a seed", "seeds"};
    }
    for (double& value : share) {
        value /= total;
    }
    const Laplacian laplacian(graph, conductance);
    Push push(laplacian, share, options.restart);
    // Half of the tolerance is left for rounding and the final normalisation.
    const double threshold = options.tolerance / 4 / static_cast<double>(graph.vertices());
    for (std::size_t sweep = 1; sweep <= options.most_sweeps; ++sweep) {
        push.sweep(threshold);
        push.settle();
        if (push.residual_norm() <= options.tolerance / 2) {
            PageRankResult result{push.take_rank(), 0, sweep};
            result.residual = true_residual(laplacian, share, result.rank, options.restart);
            return result;
        }
    }
    return MathError{MathFault::not_converged, "the sweep limit was reached", "most_sweeps"};
}

}  // namespace soma::math
