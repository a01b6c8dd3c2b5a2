#pragma once
#include <cstdint>
#include <vector>

#include "math/graph/graph.h"
#include "math/numerics/random.h"
#include "support/math/cases.h"

namespace soma::test {

/// Any graph of 1 to `most` vertices: often with several components, isolated vertices, parallel
/// edges.
inline math::Graph any_graph(math::Random& random, std::size_t most) {
    const std::size_t n = 1 + random.below(most);
    const std::size_t m = n < 2 ? 0 : random.below(3 * n);
    std::vector<math::Edge> edges;
    for (std::size_t e = 0; e < m; ++e) {
        const auto from = static_cast<std::uint32_t>(random.below(n));
        const auto to = static_cast<std::uint32_t>(random.below(n - 1));
        edges.push_back({from, to >= from ? to + 1 : to});
    }
    return math::Graph::make(n, edges).value();
}

/// A connected graph: a random tree with some more edges.
inline math::Graph connected_graph(math::Random& random, std::size_t most) {
    const std::size_t n = 2 + random.below(most - 1);
    std::vector<math::Edge> edges;
    for (std::uint32_t v = 1; v < n; ++v) {
        edges.push_back({v, static_cast<std::uint32_t>(random.below(v))});
    }
    for (std::size_t extra = random.below(2 * n); extra > 0; --extra) {
        const auto from = static_cast<std::uint32_t>(random.below(n));
        const auto to = static_cast<std::uint32_t>(random.below(n - 1));
        edges.push_back({from, to >= from ? to + 1 : to});
    }
    return math::Graph::make(n, edges).value();
}

/// Conductances between 10^low and 10^high.
inline std::vector<double> conductances(math::Random& random, const math::Graph& graph, double low,
                                        double high) {
    std::vector<double> result(graph.edges().size());
    for (double& c : result) {
        c = decade(random, low, high);
    }
    return result;
}

}  // namespace soma::test
