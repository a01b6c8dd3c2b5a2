#include "math/bridge/bridge.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "math/bridge/heat_kernel.h"
#include "math/numerics/vector.h"

namespace soma::math {
namespace {

/// The masses of a component must agree: nothing crosses between components.
Result<> check_components(const Graph& graph, std::span<const double> mu0,
                          std::span<const double> mu1) {
    if (mu0.size() != graph.vertices() || mu1.size() != graph.vertices()) {
        return MathError{MathFault::wrong_shape, "every vertex has one mass",
                         mu0.size() != graph.vertices() ? "mu0" : "mu1"};
    }
    std::vector<double> balance(graph.components(), 0.0);
    for (std::size_t v = 0; v < mu0.size(); ++v) {
        balance[graph.component()[v]] += mu0[v] - mu1[v];
    }
    for (const double difference : balance) {
        if (std::fabs(difference) > 1e-12) {
            return MathError{MathFault::disconnected, "mass would have to cross between components",
                             "mu1"};
        }
    }
    return {};
}

/// exp(log − top), and top: scalings brought into the range of a double.
std::pair<std::vector<double>, double> from_logarithms(const std::vector<double>& logs) {
    const double top = *std::max_element(logs.begin(), logs.end());
    std::vector<double> values(logs.size());
    for (std::size_t i = 0; i < logs.size(); ++i) {
        values[i] = std::exp(logs[i] - top);
    }
    return {std::move(values), top};
}

}  // namespace

Result<Bridge> Bridge::make(const Graph& graph, std::span<const double> conductance, double beta,
                            std::span<const double> mu0, std::span<const double> mu1,
                            const SinkhornOptions& options) {
    if (auto good = require_conductances(graph, conductance); !good) {
        return good.error();
    }
    if (auto finite = require_finite(mu0, "mu0"); !finite) {
        return finite.error();
    }
    if (auto finite = require_finite(mu1, "mu1"); !finite) {
        return finite.error();
    }
    if (auto good = check_components(graph, mu0, mu1); !good) {
        return good.error();
    }
    Bridge bridge(Laplacian(graph, conductance), beta);
    auto kernel = heat_kernel(bridge.laplacian_, beta);
    if (!kernel) {
        return kernel.error();
    }
    for (double& value : *kernel) {
        value = std::log(value);  // −∞ where the walker cannot have arrived yet
    }
    auto coupling = sinkhorn(*kernel, mu0, mu1, options);
    if (!coupling) {
        return coupling.error();
    }
    bridge.coupling_ = std::move(*coupling);
    return bridge;
}

Result<std::vector<double>> Bridge::at(double t) const {
    if (!(t >= 0 && t <= 1)) {
        return MathError{MathFault::out_of_range, "t is in [0, 1]", "t"};
    }
    const auto [u, u_top] = from_logarithms(coupling_.log_u);
    const auto [v, v_top] = from_logarithms(coupling_.log_v);
    const auto forward = heat_action_positive(laplacian_, t * beta_, u);
    if (!forward) {
        return forward.error();
    }
    const auto backward = heat_action_positive(laplacian_, (1 - t) * beta_, v);
    if (!backward) {
        return backward.error();
    }
    std::vector<double> mass(u.size());
    for (std::size_t i = 0; i < mass.size(); ++i) {
        const double logarithm =
            std::log((*forward)[i]) + std::log((*backward)[i]) + (u_top + v_top);
        mass[i] = std::exp(logarithm);
    }
    if (!all_finite(mass) || std::fabs(sum_compensated(mass) - 1) > 1e-6) {
        return MathError{MathFault::overflow, "the scalings span more than the range of a double",
                         "beta"};
    }
    return mass;
}

std::vector<std::uint32_t> rank_steps(std::span<const double> mass) {
    std::vector<std::uint32_t> order(mass.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return mass[a] > mass[b]; });
    return order;
}

}  // namespace soma::math
