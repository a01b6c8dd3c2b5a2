#pragma once
#include "math/result.h"

namespace soma::math {

/// What an answer is worth: U = b + λ ln p − μ c − ν ℓ.
struct UtilityWeights {
    double baseline = 0;    ///< b, signed, from the constitution
    double confidence = 1;  ///< λ ≥ 0
    double cost = 0;        ///< μ ≥ 0, per unit of price
    double latency = 0;     ///< ν ≥ 0, per second
    double minimum = 0;     ///< U_min: the gate rejects iff U < U_min

    friend bool operator==(const UtilityWeights&, const UtilityWeights&) = default;
};

/// One candidate answer.
struct UtilityInput {
    double probability = 1;      ///< p in (0, 1]
    double cost = 0;             ///< c = tokens · price, ≥ 0
    double latency_seconds = 0;  ///< ℓ ≥ 0, predicted, never measured: the gate is deterministic
};

/// Utility and the gate's decision.
struct UtilityVerdict {
    double utility = 0;
    bool admitted = false;
};

/// Rises in p, falls in c and ℓ; since ln p ≤ 0, only the baseline lets anything pass. O(1),
/// thread-safe, the same bits for the same inputs. Errors: not_finite, out_of_range, overflow.
Result<UtilityVerdict> evaluate_utility(const UtilityWeights& weights, const UtilityInput& input);

/// The least p the gate admits at zero cost and latency, e^{(U_min − b)/λ}, capped at 1; 0 when
/// every p passes. Errors: not_finite, out_of_range (weights, or no p in (0, 1] can pass).
Result<double> admitted_probability(const UtilityWeights& weights);

}  // namespace soma::math
