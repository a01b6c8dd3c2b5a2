#pragma once
#include <cstdint>

#include "domain/adaptation/coordinates.h"

namespace soma::domain {

/// θ of online adaptation in the form it is used: what utility and retrieval weigh with. Always
/// within the bounds of the law it was made under. A value.
struct Theta {
    std::uint64_t version = 0;  ///< of the tenant's history; 0: nothing was learnt yet
    double lambda = 0;
    double mu = 0;
    double nu = 0;
    ViewWeights weights;             ///< a, with a_dense + a_lexical = 1
    double temperature = 0;          ///< τ > 0
    CoverageFeatures calibration{};  ///< what the features of coverage weigh in p
    std::uint64_t verdicts = 0;      ///< that p was fitted from since the charts began

    friend bool operator==(const Theta&, const Theta&) = default;
};

/// The coordinates, brought within the law's bounds, as weights: τ = 1/(u_dense + u_lexical), a =
/// uτ, and λ, μ, ν, α, β, γ, τ exactly within their ranges, whatever is rounded. `verdicts` are
/// those its charts have counted. Pure.
Theta theta_of(std::uint64_t version, const Coordinates& coordinates, const Constitution& law,
               std::uint64_t verdicts = 0);

/// θ before anything was learnt.
Theta starting_theta(const Constitution& law);

}  // namespace soma::domain
