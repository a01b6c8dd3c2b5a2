#pragma once
#include <optional>
#include <span>
#include <vector>

namespace soma::math {

/// w_i = exp(s_i / τ) / Σ exp(s_j / τ), computed from s_i − max s: no overflow, unchanged when a
/// constant is added to every score. Σ w = 1 within 1e-12; τ → 0 puts everything on the greatest, τ
/// → ∞ makes all equal. No scores: no weights. nullopt: a score is not finite, or τ is not a
/// positive number.
std::optional<std::vector<double>> softmax(std::span<const double> scores, double temperature);

/// d = 2^(−age / half_life), both in one unit of time: 1 at age 0, ½ at one half-life. A negative
/// age (the future) counts as 0. half_life > 0.
double recency(double age, double half_life);

}  // namespace soma::math
