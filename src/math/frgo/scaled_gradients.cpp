#include <Eigen/Core>

#include "math/frgo/laplacian_method.h"

namespace soma::math {
namespace {

constexpr double kReduction = 1e-10;
using Vector = Eigen::ArrayXd;
using Input = Eigen::Map<const Vector>;

/// With M = diag(d) and directions kept as t = M⁻¹p, every step is a product with L and three sums.
class ScaledGradients final : public LaplacianMethod {
  public:
    ScaledGradients(const Graph& graph, std::span<const double> conductance,
                    std::size_t most_iterations)
        : laplacian_(graph, conductance), most_iterations_(most_iterations) {
        invert_degrees();
    }

    bool update(std::span<const double> conductance) override {
        laplacian_ = Laplacian(laplacian_.graph(), conductance);
        invert_degrees();
        return true;
    }

    std::size_t solve(std::span<const double> r, std::span<double> x) override {
        const auto n = static_cast<Eigen::Index>(x.size());
        Eigen::Map<Vector> solution(x.data(), n);
        solution.setZero();
        Vector residual = Input(r.data(), n);
        Vector direction = residual * inverse_;
        Vector image(n);
        double square = (residual * direction).sum();
        const double target = square * kReduction * kReduction;
        std::size_t iteration = 0;
        for (; square > target && square > 0 && iteration < most_iterations_; ++iteration) {
            laplacian_.apply({direction.data(), x.size()}, {image.data(), x.size()});
            const double curvature = (direction * image).sum();
            if (!(curvature > 0)) {
                break;  // the direction lies in the null space: nothing more can be gained
            }
            const double step = square / curvature;
            solution += step * direction;
            residual -= step * image;
            image = residual * inverse_;
            const double next = (residual * image).sum();
            direction = image + next / square * direction;
            square = next;
        }
        return iteration;
    }

  private:
    void invert_degrees() {
        const auto& degrees = laplacian_.degrees();
        const Input degree(degrees.data(), static_cast<Eigen::Index>(degrees.size()));
        inverse_ = (degree > 0).select(1 / degree, 0.0);
    }

    Laplacian laplacian_;
    std::size_t most_iterations_;
    Vector inverse_;
};

}  // namespace

std::unique_ptr<LaplacianMethod> make_scaled_gradients(const Graph& graph,
                                                       std::span<const double> conductance,
                                                       std::size_t most_iterations) {
    return std::make_unique<ScaledGradients>(graph, conductance, most_iterations);
}

}  // namespace soma::math
