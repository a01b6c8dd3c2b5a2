#pragma once
#include <span>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// Plain vector algebra in double, safe at every scale a double has. Thread-safe, O(n), no
/// allocation unless a vector is returned. Unequal lengths where equal ones are needed are our own
/// mistake (SOMA_ASSERT) in functions that return a number, and an error value in those that return
/// Result.

/// True when no element is NaN or infinite (true for an empty span).
bool all_finite(std::span<const double> x);

/// Σ xᵢ yᵢ, SIMD order: the same bits for the same inputs on one CPU family.
double dot(std::span<const double> x, std::span<const double> y);

/// Σ xᵢ yᵢ as if computed in twice the working precision and rounded once (Ogita, Rump, Oishi 2005,
/// "Dot2"): relative error about 1e-16 unless the sum cancels beyond 1e16.
double dot_compensated(std::span<const double> x, std::span<const double> y);

/// Σ xᵢ with Neumaier's running compensation (1974): error independent of n.
double sum_compensated(std::span<const double> x);

/// ‖x‖₂ without overflow or underflow on the way: x is first scaled by a power of two, which is
/// exact. Infinite only where the true norm exceeds the largest double. Input must be finite.
double norm(std::span<const double> x);

/// x / ‖x‖₂ in place: norm 1 ± 1e-15·√n, the same result for c·x with any c > 0 that is a power of
/// two, within rounding otherwise. Errors, leaving x unchanged: empty, not_finite, zero_vector.
Result<> normalise(std::span<double> x);

/// xᵀy / (‖x‖‖y‖), clamped to [−1, 1]. Errors: wrong_shape, empty, not_finite, zero_vector.
Result<double> cosine(std::span<const double> x, std::span<const double> y);

/// The power of two that brings max|x| into [½, 1); 1 for a zero or empty vector. Finite input
/// only.
double scale_to_unit(std::span<const double> x);

/// An error unless every element is finite: names the first one that is not.
Result<> require_finite(std::span<const double> x, std::string_view name);

}  // namespace soma::math
