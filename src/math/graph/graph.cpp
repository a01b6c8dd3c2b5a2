#include "math/graph/graph.h"

#include <algorithm>
#include <limits>

namespace soma::math {

Result<Graph> Graph::make(std::size_t vertices, std::vector<Edge> edges) {
    if (vertices == 0) {
        return MathError{MathFault::empty, "a graph has at least one vertex", "vertices"};
    }
    if (vertices > kMostVertices || edges.size() > kMostEdges) {
        return MathError{MathFault::wrong_shape, "at most 10^7 vertices and 10^8 edges", "edges"};
    }
    for (std::size_t e = 0; e < edges.size(); ++e) {
        if (edges[e].from >= vertices || edges[e].to >= vertices) {
            return MathError{MathFault::out_of_range, "an edge ends at no vertex",
                             at_index("edges", e)};
        }
        if (edges[e].from == edges[e].to) {
            return MathError{MathFault::out_of_range, "an edge joins a vertex to itself",
                             at_index("edges", e)};
        }
    }
    Graph graph;
    graph.edges_ = std::move(edges);
    graph.make_rows(vertices);
    graph.find_components();
    return graph;
}

void Graph::make_rows(std::size_t vertices) {
    // Two counting sorts: by neighbour, then stably by vertex, so each row is in order of
    // neighbour.
    starts_.assign(vertices + 1, 0);
    for (const Edge& edge : edges_) {
        ++starts_[edge.from + 1];
        ++starts_[edge.to + 1];
    }
    for (std::size_t v = 0; v < vertices; ++v) {
        starts_[v + 1] += starts_[v];
    }
    struct Half {
        std::uint32_t vertex;
        std::uint32_t neighbour;
        std::uint32_t edge;
    };
    std::vector<Half> halves(2 * edges_.size());
    std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (std::size_t e = 0; e < edges_.size(); ++e) {
        const auto number = static_cast<std::uint32_t>(e);
        halves[next[edges_[e].to]++] = {edges_[e].from, edges_[e].to, number};
        halves[next[edges_[e].from]++] = {edges_[e].to, edges_[e].from, number};
    }
    std::copy(starts_.begin(), starts_.end() - 1, next.begin());
    neighbours_.resize(halves.size());
    edge_numbers_.resize(halves.size());
    for (const Half& half : halves) {
        const std::uint32_t at = next[half.vertex]++;
        neighbours_[at] = half.neighbour;
        edge_numbers_[at] = half.edge;
    }
}

void Graph::find_components() {
    constexpr auto kUnseen = std::numeric_limits<std::uint32_t>::max();
    component_.assign(vertices(), kUnseen);
    std::vector<std::uint32_t> stack;
    for (std::uint32_t root = 0; root < vertices(); ++root) {
        if (component_[root] != kUnseen) {
            continue;
        }
        const auto number = static_cast<std::uint32_t>(component_count_++);
        component_[root] = number;
        stack.push_back(root);
        while (!stack.empty()) {
            const std::uint32_t v = stack.back();
            stack.pop_back();
            for (std::uint32_t i = starts_[v]; i < starts_[v + 1]; ++i) {
                if (component_[neighbours_[i]] == kUnseen) {
                    component_[neighbours_[i]] = number;
                    stack.push_back(neighbours_[i]);
                }
            }
        }
    }
}

Result<> require_conductances(const Graph& graph, std::span<const double> conductance) {
    if (conductance.size() != graph.edges().size()) {
        return MathError{MathFault::wrong_shape, "every edge has one conductance", "conductance"};
    }
    for (std::size_t e = 0; e < conductance.size(); ++e) {
        if (!(conductance[e] >= 1e-100 && conductance[e] <= 1e100)) {
            return MathError{MathFault::out_of_range, "a conductance is in [1e-100, 1e100]",
                             at_index("conductance", e)};
        }
    }
    return {};
}

Laplacian::Laplacian(const Graph& graph, std::span<const double> conductance)
    : graph_(&graph), weights_(graph.neighbours().size()), degrees_(graph.vertices()) {
    SOMA_ASSERT(conductance.size() == graph.edges().size(), "callers check the conductances");
    const auto& starts = graph.starts();
    for (std::size_t v = 0; v < graph.vertices(); ++v) {
        for (std::uint32_t i = starts[v]; i < starts[v + 1]; ++i) {
            weights_[i] = conductance[graph.edge_numbers()[i]];
            degrees_[v] += weights_[i];
        }
    }
}

void Laplacian::apply(std::span<const double> x, std::span<double> y) const {
    SOMA_ASSERT(x.size() == degrees_.size() && y.size() == x.size(), "one number a vertex");
    // Raw pointers: bounds checks in this loop cost as much as the arithmetic.
    const std::uint32_t* starts = graph_->starts().data();
    const std::uint32_t* neighbours = graph_->neighbours().data();
    const double* weights = weights_.data();
    const double* in = x.data();
    for (std::size_t v = 0; v < degrees_.size(); ++v) {
        // Four sums: one alone would wait for each addition before the next.
        std::uint32_t i = starts[v];
        double sums[4] = {0, 0, 0, 0};
        for (; i + 4 <= starts[v + 1]; i += 4) {
            sums[0] += weights[i] * in[neighbours[i]];
            sums[1] += weights[i + 1] * in[neighbours[i + 1]];
            sums[2] += weights[i + 2] * in[neighbours[i + 2]];
            sums[3] += weights[i + 3] * in[neighbours[i + 3]];
        }
        for (; i < starts[v + 1]; ++i) {
            sums[0] += weights[i] * in[neighbours[i]];
        }
        y[v] = degrees_[v] * in[v] - ((sums[0] + sums[1]) + (sums[2] + sums[3]));
    }
}

double Laplacian::largest_eigenvalue_bound() const {
    return 2 * *std::max_element(degrees_.begin(), degrees_.end());
}

}  // namespace soma::math
