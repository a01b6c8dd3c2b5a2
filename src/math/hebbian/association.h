#pragma once
#include "math/result.h"

namespace soma::math {

/// How association weights grow and fade (Hebb 1949, with passive decay).
struct HebbianRule {
    double decay = 0.01;  ///< δ in [0, 1): the share lost per unit of time
    double rate = 0.1;    ///< η ≥ 0
    double bound = 1;     ///< weights stay in [0, bound], bound > 0
};

/// A weight and the moment it was last written. It is never rewritten to record decay: the weight
/// now is a function of the two, so reading in between, however often, cannot change it by one bit.
struct Association {
    double weight = 0;
    double written_at = 0;  ///< in the unit of time of δ, any origin
};

/// (1−δ)^Δt, by exp(Δt·log1p(−δ)): factors of a split of Δt multiply to the whole within 1e-14.
/// Errors: out_of_range (δ not in [0, 1), Δt negative or not finite).
Result<double> decay_factor(double decay, double elapsed);

/// The weight at `now`, w (1−δ)^{now − written_at}. Errors: not_finite, out_of_range (rule, weight
/// outside its bounds, now before written_at).
Result<double> weight_at(const HebbianRule& rule, const Association& association, double now);

/// w ← clip(weight_at(now) + η aᵢaⱼ, 0, bound), written at `now`: both units were active. Opposite
/// signs weaken. Errors, as values, leaving the caller's association as it was: as above, and
/// not_finite activities, overflow.
Result<Association> reinforced(const HebbianRule& rule, const Association& association, double now,
                               double activity_i, double activity_j);

}  // namespace soma::math
