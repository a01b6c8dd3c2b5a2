#include "math/graph/pagerank.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

using Vector = Eigen::ArrayXd;
constexpr std::size_t kMostPushes = 20;  ///< a vertex: the queue stays that small

/// x and the residual r, with x + (walks from r) the answer throughout.
class Walk {
  public:
    Walk(const Laplacian& laplacian, const std::vector<double>& share, double restart)
        : laplacian_(laplacian),
          graph_(laplacian.graph()),
          keep_(1 - restart),
          visits_(Vector::Zero(static_cast<Eigen::Index>(share.size()))),
          residual_(Eigen::Map<const Vector>(share.data(), visits_.size())) {}

    /// Pushes until ‖r‖₁ ≤ target, which is then true, or until a quarter of the edges are reached.
    bool push(double target) {
        const auto& starts = graph_.starts();
        const std::size_t reach = graph_.neighbours().size() / 4;
        // Every vertex may keep a part of the target by its degree.
        const double part = target / std::max(total_degree(), 1e-300);
        std::vector<char> state(graph_.vertices(), kNew);
        std::vector<std::uint32_t> queue;
        for (std::uint32_t v = 0; v < graph_.vertices(); ++v) {
            if (residual_[v] > 0) {
                queue.push_back(v);
                state[v] = kQueued;
            }
        }
        std::size_t reached = 0;
        for (std::size_t head = 0; head < queue.size(); ++head) {
            const std::uint32_t v = queue[head];
            const std::uint32_t length = starts[v + 1] - starts[v];
            reached += state[v] == kQueued ? length : 0;
            state[v] = kIdle;
            if ((reached > reach && length > 0) || head > kMostPushes * state.size()) {
                return false;
            }
            push_one(v, part, state, queue);
        }
        return true;
    }

    /// Conjugate gradients on (1 − (1−α)Pᵀ) x = r; t is the direction divided by the degrees.
    /// Returns the steps taken, at most `most`; ‖r‖₁ ≤ target unless it is `most`.
    std::size_t solve(double target, std::size_t most) {
        settle_dangling();
        const Eigen::Map<const Vector> degree(laplacian_.degrees().data(), visits_.size());
        const Vector inverse = (degree > 0).select(1 / degree, 0.0);
        Vector t = residual_ * inverse;
        Vector image(t.size());
        double square = (residual_ * t).sum();
        std::size_t step = 0;
        for (; step < most && residual_.abs().sum() > target; ++step) {
            // (1 − (1−α)Pᵀ)(degree · t) = (1−α) L t + α degree · t.
            laplacian_.apply({t.data(), graph_.vertices()}, {image.data(), graph_.vertices()});
            image = keep_ * image + (1 - keep_) * degree * t;
            const double length = square / (t * image).sum();
            visits_ += length * degree * t;
            residual_ -= length * image;
            const double next = (residual_ * residual_ * inverse).sum();
            t = residual_ * inverse + next / square * t;
            square = next;
        }
        return step;
    }

    /// π: x over its sum. Signed residuals can leave an entry a rounding below 0.
    std::vector<double> rank() const {
        std::vector<double> result(visits_.data(), visits_.data() + visits_.size());
        Eigen::Map<Vector> values(result.data(), visits_.size());
        values = values.max(0.0);
        values /= sum_compensated(result);
        return result;
    }

  private:
    enum State : char { kNew, kQueued, kIdle, kQueuedAgain };

    void push_one(std::uint32_t v, double part, std::vector<char>& state,
                  std::vector<std::uint32_t>& queue) {
        const double mass = residual_[v];
        residual_[v] = 0;
        visits_[v] += mass;
        const double unit = keep_ * mass / laplacian_.degrees()[v];
        for (std::uint32_t i = graph_.starts()[v]; i < graph_.starts()[v + 1]; ++i) {
            const std::uint32_t to = graph_.neighbours()[i];
            residual_[to] += unit * laplacian_.weights()[i];
            const bool waits = state[to] == kQueued || state[to] == kQueuedAgain;
            if (!waits && residual_[to] > part * laplacian_.degrees()[to]) {
                state[to] = state[to] == kNew ? kQueued : kQueuedAgain;
                queue.push_back(to);
            }
        }
    }

    /// Whoever starts on a vertex without edges stays there.
    void settle_dangling() {
        for (Eigen::Index v = 0; v < visits_.size(); ++v) {
            if (laplacian_.degrees()[static_cast<std::size_t>(v)] == 0) {
                visits_[v] += residual_[v];
                residual_[v] = 0;
            }
        }
    }

    double total_degree() const { return sum_compensated(laplacian_.degrees()); }

    const Laplacian& laplacian_;
    const Graph& graph_;
    double keep_;
    Vector visits_;
    Vector residual_;
};

/// ‖α s + (1−α) Pᵀπ − π‖₁, from the answer itself and not from the bookkeeping that led to it.
double true_residual(const Laplacian& laplacian, const std::vector<double>& share,
                     const std::vector<double>& rank, double restart) {
    const auto& graph = laplacian.graph();
    std::vector<double> image(rank.size(), 0.0);
    double dangling = 0;
    for (std::size_t v = 0; v < rank.size(); ++v) {
        if (rank[v] == 0 || graph.starts()[v] == graph.starts()[v + 1]) {
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

Result<PageRankResult> personalised_pagerank(const Laplacian& laplacian,
                                             std::span<const double> seeds,
                                             const PageRankOptions& options) {
    if (auto good = check(laplacian.graph(), seeds, options); !good) {
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
    // Dividing x by its sum, at least 1, at most doubles the residual; the rest is for rounding.
    const double target = options.tolerance / 4;
    Walk walk(laplacian, share, options.restart);
    PageRankResult result;
    if (!walk.push(target)) {
        result.sweeps = walk.solve(target, options.most_sweeps);
    }
    result.rank = walk.rank();
    result.residual = true_residual(laplacian, share, result.rank, options.restart);
    if (!(result.residual <= options.tolerance)) {
        return MathError{MathFault::not_converged, "the tolerance is not met within the sweeps",
                         "most_sweeps"};
    }
    return result;
}

Result<PageRankResult> personalised_pagerank(const Graph& graph,
                                             std::span<const double> conductance,
                                             std::span<const double> seeds,
                                             const PageRankOptions& options) {
    if (auto good = require_conductances(graph, conductance); !good) {
        return good.error();
    }
    return personalised_pagerank(Laplacian(graph, conductance), seeds, options);
}

}  // namespace soma::math
