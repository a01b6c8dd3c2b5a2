#include <algorithm>
#include <cmath>

#include "math/frgo/laplacian_method.h"

namespace soma::math {
namespace {

constexpr double kReduction = 1e-6;  ///< a solve: over twelve decades more would be noise

class ConjugateGradients final : public LaplacianMethod {
  public:
    ConjugateGradients(const Graph& graph, std::span<const double> conductance,
                       std::size_t most_iterations)
        : laplacian_(graph, conductance), most_iterations_(most_iterations) {
        const std::size_t n = graph.vertices();
        find_middles();
        find_pivots();
        invert_pivots();
        for (auto* vector : {&solution_, &residual_, &direction_, &image_, &half_}) {
            vector->resize(n);
        }
    }

    /// CG on Â = (P+N)⁻¹ L (P+Nᵀ)⁻¹ with preconditioner P⁻¹, unknown x̂ = (P+Nᵀ) x.
    std::size_t solve(std::span<const double> r, std::span<double> x) override {
        const std::size_t n = x.size();
        std::copy(r.begin(), r.end(), residual_.begin());
        forward(residual_.data());
        std::fill(solution_.begin(), solution_.end(), 0.0);
        double square = 0;
        for (std::size_t v = 0; v < n; ++v) {
            direction_[v] = pivot_[v] * residual_[v];
            square += direction_[v] * residual_[v];
        }
        const double target = square * kReduction * kReduction;
        std::size_t iteration = 0;
        for (; square > target && square > 0 && iteration < most_iterations_; ++iteration) {
            const double curvature = apply();
            if (!(curvature > 0)) {
                break;  // the direction lies in the null space: nothing more can be gained
            }
            const double step = square / curvature;
            double next = 0;
            double* solution = solution_.data();
            double* residual = residual_.data();
            const double* direction = direction_.data();
            const double* image = image_.data();
            const double* pivot = pivot_.data();
            for (std::size_t v = 0; v < n; ++v) {
                solution[v] += step * direction[v];
                residual[v] -= step * image[v];
                next += pivot[v] * residual[v] * residual[v];
            }
            const double turn = next / square;
            square = next;
            for (std::size_t v = 0; v < n; ++v) {
                direction_[v] = pivot[v] * residual[v] + turn * direction_[v];
            }
        }
        std::copy(solution_.begin(), solution_.end(), x.begin());
        backward(x.data());
        return iteration;
    }

    bool update(std::span<const double> conductance) override {
        laplacian_ = Laplacian(laplacian_.graph(), conductance);
        find_pivots();
        invert_pivots();
        return true;
    }

  private:
    /// A division in every step of a substitution would be most of its time. The last vertex of
    /// each component is grounded: an infinite pivot keeps its x at 0. Without it rounding turns
    /// into a step along the null space, as long as 1/rounding, and drowns the rest of x.
    void invert_pivots() {
        inverse_.resize(pivot_.size());
        std::vector<char> grounded(laplacian_.graph().components(), 0);
        for (std::size_t v = pivot_.size(); v-- > 0;) {
            char& seen = grounded[laplacian_.graph().component()[v]];
            inverse_[v] = seen != 0 ? 1 / pivot_[v] : 0;
            seen = 1;
        }
    }

    /// Where each row's neighbours above the diagonal begin.
    void find_middles() {
        const Graph& graph = laplacian_.graph();
        middle_.resize(graph.vertices());
        for (std::uint32_t v = 0; v < graph.vertices(); ++v) {
            const auto row = graph.neighbours().begin();
            middle_[v] = static_cast<std::uint32_t>(
                std::lower_bound(row + graph.starts()[v], row + graph.starts()[v + 1], v) - row);
        }
    }

    /// p_v = d_v − Σ_{u<v} w²/p_u, written as a sum of terms ≥ 0: with above_u the weight from u
    /// upwards, p_v = above_v + Σ_{u<v} w (p_u − w)/p_u. Subtracting from the degree would cancel
    /// to nothing where a good conductor joins two bad ones.
    void find_pivots() {
        const Graph& graph = laplacian_.graph();
        const std::size_t n = graph.vertices();
        pivot_.assign(n, 0.0);
        std::vector<double> above(n, 0.0);
        std::vector<double> fill(n, 0.0);
        for (std::uint32_t v = 0; v < n; ++v) {
            for (std::uint32_t i = middle_[v]; i < graph.starts()[v + 1]; ++i) {
                above[v] += laplacian_.weights()[i];
            }
            for (std::uint32_t i = graph.starts()[v]; i < middle_[v]; ++i) {
                // Parallel edges are one entry of the matrix, and its square counts as one.
                double weight = laplacian_.weights()[i];
                const std::uint32_t u = graph.neighbours()[i];
                while (i + 1 < middle_[v] && graph.neighbours()[i + 1] == u) {
                    weight += laplacian_.weights()[++i];
                }
                fill[v] += weight * (std::max(above[u] - weight, 0.0) + fill[u]) / pivot_[u];
            }
            pivot_[v] = above[v] + fill[v];
        }
    }

    /// y ← (P + N)⁻¹ y, N = −w below the diagonal.
    void forward(double* y) const {
        const std::uint32_t* starts = laplacian_.graph().starts().data();
        const std::uint32_t* neighbours = laplacian_.graph().neighbours().data();
        const double* weights = laplacian_.weights().data();
        const double* inverse = inverse_.data();
        const std::size_t n = pivot_.size();
        for (std::size_t v = 0; v < n; ++v) {
            double sum = y[v];
            for (std::uint32_t i = starts[v]; i < middle_[v]; ++i) {
                sum += weights[i] * y[neighbours[i]];
            }
            y[v] = sum * inverse[v];
        }
    }

    /// y ← (P + Nᵀ)⁻¹ y.
    void backward(double* y) const {
        const std::uint32_t* starts = laplacian_.graph().starts().data();
        const std::uint32_t* neighbours = laplacian_.graph().neighbours().data();
        const double* weights = laplacian_.weights().data();
        const double* inverse = inverse_.data();
        for (std::size_t v = pivot_.size(); v-- > 0;) {
            double sum = y[v];
            for (std::uint32_t i = middle_[v]; i < starts[v + 1]; ++i) {
                sum += weights[i] * y[neighbours[i]];
            }
            y[v] = sum * inverse[v];
        }
    }

    /// image = Â·direction = t + (P+N)⁻¹(direction + (D − 2P) t), t = (P+Nᵀ)⁻¹ direction:
    /// Eisenstat's identity, from L = (P+N) + (P+Nᵀ) + (D−2P). Returns directionᵀ·image.
    double apply() {
        const std::size_t n = pivot_.size();
        std::copy(direction_.begin(), direction_.end(), half_.begin());
        backward(half_.data());
        const double* degrees = laplacian_.degrees().data();
        for (std::size_t v = 0; v < n; ++v) {
            image_[v] = direction_[v] + (degrees[v] - 2 * pivot_[v]) * half_[v];
        }
        forward(image_.data());
        double curvature = 0;
        for (std::size_t v = 0; v < n; ++v) {
            image_[v] += half_[v];
            curvature += direction_[v] * image_[v];
        }
        return curvature;
    }

    Laplacian laplacian_;
    std::size_t most_iterations_;
    std::vector<std::uint32_t> middle_;
    std::vector<double> pivot_;
    std::vector<double> inverse_;  ///< 1 / pivot_
    std::vector<double> solution_;
    std::vector<double> residual_;
    std::vector<double> direction_;
    std::vector<double> image_;
    std::vector<double> half_;
};

}  // namespace

std::unique_ptr<LaplacianMethod> make_conjugate_gradients(const Graph& graph,
                                                          std::span<const double> conductance,
                                                          std::size_t most_iterations) {
    return std::make_unique<ConjugateGradients>(graph, conductance, most_iterations);
}

}  // namespace soma::math
