#include "math/check/generators.h"

#include <algorithm>
#include <cmath>

#include "math/numerics/vector.h"

namespace soma::math {

std::vector<double> normal_vector(Random& random, std::size_t size) {
    std::vector<double> result(size);
    random.fill_normal(result);
    return result;
}

Spectrum unit_spectrum(Random& random, std::size_t dimension) {
    auto x = normal_vector(random, dimension);
    normalise(x).value();
    return to_spectrum(x).value();
}

Graph random_graph(Random& random, std::size_t vertices, std::size_t extra) {
    std::vector<Edge> edges;
    for (std::uint32_t v = 1; v < vertices; ++v) {
        edges.push_back({v, static_cast<std::uint32_t>(random.below(v))});
    }
    for (; extra > 0; --extra) {
        const auto from = static_cast<std::uint32_t>(random.below(vertices));
        const auto to = static_cast<std::uint32_t>(random.below(vertices - 1));
        edges.push_back({from, to >= from ? to + 1 : to});  // never a loop
    }
    return Graph::make(vertices, std::move(edges)).value();
}

std::vector<double> random_conductances(Random& random, const Graph& graph, double low,
                                        double high) {
    std::vector<double> result(graph.edges().size());
    for (double& value : result) {
        value = std::pow(10.0, random.uniform(low, high));
    }
    return result;
}

std::vector<double> random_masses(Random& random, std::size_t size) {
    std::vector<double> result(size);
    for (double& value : result) {
        value = random.uniform() + 1e-3;
    }
    const double sum = sum_compensated(result);
    for (double& value : result) {
        value /= sum;
    }
    return result;
}

double largest_gap(std::span<const double> x, std::span<const double> y) {
    SOMA_ASSERT(x.size() == y.size(), "a gap needs equal lengths");
    double gap = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        gap = std::max(gap, std::fabs(x[i] - y[i]));
    }
    return gap;
}

}  // namespace soma::math
