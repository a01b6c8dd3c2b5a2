#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "math/graph/graph.h"
#include "math/hrr/spectrum.h"
#include "math/numerics/random.h"

namespace soma::math {

/// Data for the checks, from a seeded generator. Arguments are constants of this room: sizes ≥ 1.

std::vector<double> normal_vector(Random& random, std::size_t size);
/// A random hypervector of norm 1.
Spectrum unit_spectrum(Random& random, std::size_t dimension);
/// A connected graph: a random tree and `extra` more edges. vertices ≥ 2.
Graph random_graph(Random& random, std::size_t vertices, std::size_t extra);
/// 10^e with e uniform in [low, high], one per edge.
std::vector<double> random_conductances(Random& random, const Graph& graph, double low,
                                        double high);
/// Positive masses with sum 1.
std::vector<double> random_masses(Random& random, std::size_t size);

/// max |xᵢ − yᵢ|. Precondition: equal lengths.
double largest_gap(std::span<const double> x, std::span<const double> y);

}  // namespace soma::math
