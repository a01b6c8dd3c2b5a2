#include "math/bridge/heat_kernel.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr double kLongestTime = 1e6;  ///< of β · max degree
constexpr std::size_t kDenseVertices = 1024;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double largest_degree(const Laplacian& laplacian) {
    return laplacian.largest_eigenvalue_bound() / 2;
}

Result<> check(const Laplacian& laplacian, double beta) {
    if (!(beta >= 0) || !std::isfinite(beta)) {
        return MathError{MathFault::out_of_range, "beta is finite and not negative", "beta"};
    }
    if (!(beta * largest_degree(laplacian) <= kLongestTime)) {
        return MathError{MathFault::out_of_range, "beta times the largest degree is at most 10^6",
                         "beta"};
    }
    return {};
}

Result<> check(const Laplacian& laplacian, double beta, std::span<const double> x) {
    if (auto good = check(laplacian, beta); !good) {
        return good;
    }
    if (x.size() != laplacian.degrees().size()) {
        return MathError{MathFault::wrong_shape, "every vertex has one number", "x"};
    }
    return require_finite(x, "x");
}

/// e^{−z} I_k(z) for k = 0 … as far as they matter, by Miller's backward recurrence
/// I_{k−1} = I_{k+1} + (2k/z) I_k, scaled by Σ_k (2−δ_k0) e^{−z} I_k(z) = 1.
std::vector<double> scaled_bessel(double z) {
    const auto terms = static_cast<std::size_t>(std::sqrt(90 * z) + 30);
    const std::size_t start = terms + 20 + terms / 4;
    std::vector<double> values(start + 2, 0.0);
    values[start] = 1e-290;
    for (std::size_t k = start; k > 0; --k) {
        values[k - 1] = values[k + 1] + 2 * static_cast<double>(k) / z * values[k];
        if (values[k - 1] > 1e250) {
            for (std::size_t j = k - 1; j < values.size(); ++j) {
                values[j] *= 1e-250;
            }
        }
    }
    double sum = values[0];
    for (std::size_t k = 1; k < values.size(); ++k) {
        sum += 2 * values[k];
    }
    std::size_t last = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
        values[k] /= sum;
        last = values[k] > 1e-18 ? k : last;
    }
    values.resize(last + 1);
    return values;
}

/// y = x − Lx/q, the walk whose terms are all ≥ 0 because q ≥ every degree.
void lazy_walk(const Laplacian& laplacian, double q, const std::vector<double>& x,
               std::vector<double>& y) {
    const Graph& graph = laplacian.graph();
    const std::uint32_t* starts = graph.starts().data();
    const std::uint32_t* neighbours = graph.neighbours().data();
    const double* weights = laplacian.weights().data();
    const double* degrees = laplacian.degrees().data();
    for (std::size_t v = 0; v < x.size(); ++v) {
        double sum = (q - degrees[v]) * x[v];
        for (std::uint32_t i = starts[v]; i < starts[v + 1]; ++i) {
            sum += weights[i] * x[neighbours[i]];
        }
        y[v] = sum / q;
    }
}

/// Uniformisation for z ≤ 600, where e^{−z} does not underflow.
void uniformise(const Laplacian& laplacian, double q, double z, std::vector<double>& x) {
    std::vector<double> power = x;
    std::vector<double> next(x.size());
    double weight = std::exp(-z);
    double left = 1 - weight;
    for (double& value : x) {
        value *= weight;
    }
    const double most = z + 9 * std::sqrt(z) + 40;
    for (double k = 1; k < most && left > -1; ++k) {
        lazy_walk(laplacian, q, power, next);
        power.swap(next);
        weight *= z / k;
        left -= weight;
        for (std::size_t v = 0; v < x.size(); ++v) {
            x[v] += weight * power[v];
        }
    }
}

}  // namespace

Result<std::vector<double>> heat_action(const Laplacian& laplacian, double beta,
                                        std::span<const double> x) {
    if (auto good = check(laplacian, beta, x); !good) {
        return good.error();
    }
    const double q = largest_degree(laplacian);
    std::vector<double> result(x.begin(), x.end());
    if (beta == 0 || q == 0) {
        return result;
    }
    const double scale = scale_to_unit(x);
    for (double& value : result) {
        value *= scale;
    }
    const auto n = static_cast<Eigen::Index>(x.size());
    // With A = L/q − 1 in [−1, 1]: e^{−βL} = Σ c_k (−1)^k T_k(A), T_{k+1} = 2A T_k − T_{k−1}.
    const std::vector<double> bessel = scaled_bessel(beta * q);
    std::vector<double> before(result);
    std::vector<double> now(result.size());
    std::vector<double> image(result.size());
    laplacian.apply(before, now);
    Eigen::Map<Eigen::ArrayXd> sum(result.data(), n);
    Eigen::Map<Eigen::ArrayXd>(now.data(), n) = Eigen::Map<Eigen::ArrayXd>(now.data(), n) / q -
                                                Eigen::Map<Eigen::ArrayXd>(before.data(), n);
    sum *= bessel[0];
    for (std::size_t k = 1; k < bessel.size(); ++k) {
        const double sign = k % 2 == 1 ? -2 : 2;
        sum += sign * bessel[k] * Eigen::Map<const Eigen::ArrayXd>(now.data(), n);
        if (k + 1 < bessel.size()) {
            laplacian.apply(now, image);
            Eigen::Map<Eigen::ArrayXd> older(before.data(), n);
            older = 2 * (Eigen::Map<const Eigen::ArrayXd>(image.data(), n) / q -
                         Eigen::Map<const Eigen::ArrayXd>(now.data(), n)) -
                    older;
            before.swap(now);
        }
    }
    sum /= scale;
    if (!all_finite(result)) {
        return MathError{MathFault::overflow, "the result exceeds a double", "x"};
    }
    return result;
}

Result<std::vector<double>> heat_action_positive(const Laplacian& laplacian, double beta,
                                                 std::span<const double> x) {
    if (auto good = check(laplacian, beta, x); !good) {
        return good.error();
    }
    for (std::size_t v = 0; v < x.size(); ++v) {
        if (x[v] < 0) {
            return MathError{MathFault::out_of_range, "every number is at least 0",
                             at_index("x", v)};
        }
    }
    std::vector<double> result(x.begin(), x.end());
    const double q = largest_degree(laplacian);
    const double z = beta * q;
    if (z == 0) {
        return result;
    }
    const double pieces = std::ceil(z / 600);
    for (double piece = 0; piece < pieces; ++piece) {
        uniformise(laplacian, q, z / pieces, result);
    }
    if (!all_finite(result)) {
        return MathError{MathFault::overflow, "the result exceeds a double", "x"};
    }
    return result;
}

Result<std::vector<double>> heat_kernel(const Laplacian& laplacian, double beta) {
    if (auto good = check(laplacian, beta); !good) {
        return good.error();
    }
    const std::size_t vertices = laplacian.degrees().size();
    if (vertices > kDenseVertices) {
        return MathError{MathFault::wrong_shape, "a dense kernel has at most 1024 vertices",
                         "graph"};
    }
    const auto n = static_cast<Eigen::Index>(vertices);
    const double q = largest_degree(laplacian);
    const double z = beta * q;
    Matrix kernel = Matrix::Identity(n, n);
    if (z > 0) {
        const int doublings = std::max(0, static_cast<int>(std::ceil(std::log2(z))));
        const double part = std::ldexp(z, -doublings);  // ≤ 1
        for (Eigen::Index column = 0; column < n; ++column) {
            std::vector<double> unit(vertices, 0.0);
            unit[static_cast<std::size_t>(column)] = 1;
            uniformise(laplacian, q, part, unit);
            kernel.col(column) = Eigen::Map<const Eigen::VectorXd>(unit.data(), n);
        }
        for (int i = 0; i < doublings; ++i) {
            kernel = (kernel * kernel).eval();
        }
        kernel = ((kernel + kernel.transpose()) / 2).eval();  // rounding alone broke the symmetry
    }
    return std::vector<double>(kernel.data(), kernel.data() + kernel.size());
}

}  // namespace soma::math
