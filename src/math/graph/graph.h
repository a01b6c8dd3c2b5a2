#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// One undirected edge. Several edges may join the same two vertices; none joins a vertex to
/// itself.
struct Edge {
    std::uint32_t from = 0;
    std::uint32_t to = 0;

    friend bool operator==(const Edge&, const Edge&) = default;
};

/// The shape of an undirected graph, immutable: edges in the order given, and for every vertex its
/// neighbours with the number of the edge that leads there (compressed sparse rows). The signed
/// incidence matrix B has +1 at (e, from) and −1 at (e, to). Weights live outside, one per edge.
/// At most 10⁷ vertices and 10⁸ edges. O(n + m) to make; thread-safe.
class Graph {
  public:
    static constexpr std::size_t kMostVertices = 10'000'000;
    static constexpr std::size_t kMostEdges = 100'000'000;

    /// Errors: empty (no vertices), wrong_shape (limits), out_of_range (an end that is no vertex, a
    /// loop), naming the edge.
    static Result<Graph> make(std::size_t vertices, std::vector<Edge> edges);

    std::size_t vertices() const { return starts_.size() - 1; }
    const std::vector<Edge>& edges() const { return edges_; }

    /// Row v is [starts()[v], starts()[v+1]) of neighbours() and edge_numbers(). Rows are ordered
    /// by neighbour.
    const std::vector<std::uint32_t>& starts() const { return starts_; }
    const std::vector<std::uint32_t>& neighbours() const { return neighbours_; }
    const std::vector<std::uint32_t>& edge_numbers() const { return edge_numbers_; }

    /// The connected component of each vertex, numbered from 0 in order of their lowest vertex.
    const std::vector<std::uint32_t>& component() const { return component_; }
    std::size_t components() const { return component_count_; }

  private:
    Graph() = default;
    void make_rows(std::size_t vertices);
    void find_components();

    std::vector<Edge> edges_;
    std::vector<std::uint32_t> starts_;
    std::vector<std::uint32_t> neighbours_;
    std::vector<std::uint32_t> edge_numbers_;
    std::vector<std::uint32_t> component_;
    std::size_t component_count_ = 0;
};

/// Per-edge weights (conductances) of a graph: finite and above 0. Errors: wrong_shape,
/// out_of_range naming the edge.
Result<> require_conductances(const Graph& graph, std::span<const double> conductance);

/// The weighted Laplacian L(C) = BᵀCB with its off-diagonal weights in row order, so that applying
/// it streams through memory: (Lx)_v = d_v x_v − Σ_w C_vw x_w. Symmetric, L1 = 0, positive
/// semidefinite. Keeps a reference to the graph, which must outlive it.
class Laplacian {
  public:
    /// Precondition: require_conductances(). O(n + m).
    Laplacian(const Graph& graph, std::span<const double> conductance);

    /// y = Lx. Precondition: n numbers each, not overlapping. O(n + m).
    void apply(std::span<const double> x, std::span<double> y) const;

    const Graph& graph() const { return *graph_; }
    /// d_v, the total conductance at each vertex.
    const std::vector<double>& degrees() const { return degrees_; }
    /// C in row order, beside Graph::neighbours().
    const std::vector<double>& weights() const { return weights_; }
    /// 2·max d: no eigenvalue is larger (Gershgorin).
    double largest_eigenvalue_bound() const;

  private:
    const Graph* graph_;
    std::vector<double> weights_;
    std::vector<double> degrees_;
};

}  // namespace soma::math
