#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "domain/retrieval/rescoring/figures.h"

namespace soma::domain {

/// Memories that ρ is made of.
inline constexpr std::size_t kDensityHits = 10;

/// ρ = Σ wᵢ m̂ᵢm̂ᵢᵀ of the memories found first, w = softmax(scores/0.1), applied to the query.
struct DensityLook {
    std::vector<double> direction;  ///< ρq̂, d numbers

    /// max(0, q̂ᵀρm̂): how much a memory lies where query and first memories agree. `memory` has d
    /// numbers and any length; 0 for the zero vector.
    double value(std::span<const double> memory) const;
};

/// `memories` holds the vectors of the first `scores.size()` ≤ kDensityHits memories, one after
/// another, in the query's dimension. Zero vectors say nothing and are left out; nullopt: only such
/// are there, or the query is one. Blind to a joint rotation of all vectors. Fills `figures`.
std::optional<DensityLook> look_by_density(std::span<const double> query,
                                           std::span<const double> memories,
                                           std::span<const double> scores, ModuleFigures& figures);

}  // namespace soma::domain
