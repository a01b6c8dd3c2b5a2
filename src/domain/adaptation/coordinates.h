#pragma once
#include <array>
#include <cstddef>
#include <string>

#include "domain/constitution/document/constitution.h"
#include "domain/retrieval/coverage.h"
#include "domain/retrieval/score.h"
#include "math/convex/projection.h"

namespace soma::domain {

/// θ as it is learnt: λ, μ, ν, then u_v = a_v/τ of every view, in the order of View, then what the
/// features of coverage weigh in p. The score is linear in a and its softmax in u, so all three
/// losses are convex in these, and in these alone.
inline constexpr std::size_t kUtilityCoordinates = 3;
inline constexpr std::size_t kCalibrationFirst = kUtilityCoordinates + view_count;
inline constexpr std::size_t kCoordinates = kCalibrationFirst + kCoverageFeatures;
using Coordinates = std::array<double, kCoordinates>;

/// What answers and events call a coordinate: "lambda", "dense", "calibration.coverage".
std::string coordinate_name(std::size_t i);

/// Where learning begins: the law's λ, μ, ν, the views' default weights, τ = .1, each brought
/// within the law's bounds, and kStartingCalibration. α is dense's share of dense and lexical, so
/// what a law allows above 1 means 1. Pure; a law whose τ is not above 0 is our own mistake.
Coordinates starting_coordinates(const Constitution& law);

/// The set C for these coordinates: a box around the start in which λ, μ, ν, α = u_dense/S,
/// β = u_graph/S, γ = u_recency/S and τ = 1/S, with S = u_dense + u_lexical, all stay within the
/// law's bounds. The law bounds ratios, so the box is the widest of those that multiply and divide
/// u_dense and u_lexical by one factor, at most kWidestFactor. The views the law does not name go
/// from 0 to kMostViewWeight times the starting S, or as much less as that factor is less than its
/// widest: a law that pins α or τ pins them too. What features weigh in p is no parameter of the
/// law: each may go kCalibrationReach from its start. The start is inside. Pure.
math::Box learning_box(const Constitution& law);

/// How many of them are outside the law's box: 0 for what was learnt under that law.
std::size_t count_outside(const Coordinates& coordinates, const Constitution& law);

inline constexpr double kWidestFactor = 2;
inline constexpr double kMostViewWeight = 1;

/// p begins at a half for every answer, and only a tenant's own verdicts move it.
inline constexpr CoverageFeatures kStartingCalibration = {0, 0, 0, 0};
inline constexpr double kCalibrationReach = 4;

}  // namespace soma::domain
