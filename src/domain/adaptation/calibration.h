#pragma once
#include <cstdint>
#include <optional>

#include "domain/adaptation/theta.h"

namespace soma::domain {

/// From so many verdicts on p is said where nobody states it. At the sandbox's limit of 5 a reward
/// that never varies alarms at the 49th: a stream that says nothing never comes so far.
inline constexpr std::uint64_t kEnoughVerdicts = 50;

/// p = σ(wᵀf), in (0, 1): how often an answer whose coverage looks like this was worth more than
/// nothing to this tenant. nullopt: there were fewer verdicts than kEnoughVerdicts since the charts
/// on the rewards began, and nobody knows. Pure.
std::optional<double> calibrated_probability(const Theta& theta, const CoverageFeatures& features);

}  // namespace soma::domain
