#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "domain/retrieval/score.h"

namespace soma::domain {

/// From this coverage on a query counts as answerable: of queries made of random words at most one
/// in a hundred is, of real questions at most two in a hundred are not (`./dev bench locomo`
/// prints both). The number belongs to the embedder, as dense_value's constant does.
inline constexpr double kKnownFrom = 0.42;

/// How much of a query a memory covers, in [0, 1]: its best blend of φ_dense and its share of the
/// query's words, where a word that no memory has ever used counts against it as the rarest there
/// is, and .2 where the query names its speaker. Unlike the score it asks neither neighbours nor
/// session, nor learned weights: it says whether anything is known, not what is best.
double covered(double blend, bool facet);

/// What an answer's coverage looks like: what a calibrated p is made of. Each is at most 1 in
/// size, and none depends on learned weights but through the memories they chose. The first is 1.
inline constexpr std::array<std::string_view, 4> coverage_feature_names = {"one", "coverage",
                                                                           "lexical", "margin"};
inline constexpr std::size_t kCoverageFeatures = coverage_feature_names.size();
using CoverageFeatures = std::array<double, kCoverageFeatures>;

CoverageFeatures coverage_features(double coverage, std::span<const ViewValues> found);

}  // namespace soma::domain
