#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "math/check/check.h"
#include "math/graph/graph.h"

namespace soma::math {

/// A number that must lie between two others.
struct BoundedNumber {
    std::string name;
    double value = 0;
    double least = 0;
    double most = 0;
};

/// What a tenant remembers, as numbers.
struct LiveData {
    std::size_t dimension = 0;
    std::vector<double> vectors = {};  ///< of passages, `dimension` numbers each, one after another
    std::size_t vertices = 0;          ///< memories
    std::vector<Edge> links = {};      ///< between memories, by their numbers
    std::vector<double> link_weights = {};    ///< aligned with `links`, above 0
    std::vector<double> gains = {};           ///< aligned with `links`: of their conductances
    std::vector<double> conductances = {};    ///< the same, above 0
    std::vector<BoundedNumber> bounded = {};  ///< what learning moves
};

/// Measures on real data the invariants that hold for any: ρ of the vectors has trace 1 and no
/// negative eigenvalue, PageRank over the links sums to 1 and solves its equation, currents at
/// their conductances obey Kirchhoff, effective resistance is a metric, weights are within their
/// bounds. What there is no data for is left out. The same data and seed give the same figures. An
/// end of a link that is no vertex fails the graph's checks. Thread-safe.
std::vector<MathCheck> run_live_checks(const LiveData& data, std::uint64_t seed);

}  // namespace soma::math
