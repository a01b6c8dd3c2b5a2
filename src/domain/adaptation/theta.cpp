#include "domain/adaptation/theta.h"

#include <algorithm>

namespace soma::domain {
namespace {

double bounded(const Constitution& law, AdaptiveParameter parameter, double value) {
    const ParameterRange& range = law.bounds.parameters[static_cast<std::size_t>(parameter)];
    return std::clamp(value, range.min, range.max);
}

}  // namespace

Theta theta_of(std::uint64_t version, const Coordinates& coordinates, const Constitution& law,
               std::uint64_t verdicts) {
    Coordinates inside = coordinates;
    learning_box(law).project(inside).value();
    const auto u = [&](View view) {
        return inside[kUtilityCoordinates + static_cast<std::size_t>(view)];
    };
    const double sum = u(View::dense) + u(View::lexical);
    Theta theta{version, inside[0], inside[1], inside[2], {}, 0, {}, verdicts};
    std::copy_n(inside.begin() + kCalibrationFirst, kCoverageFeatures, theta.calibration.begin());
    for (std::size_t v = 0; v < view_count; ++v) {
        theta.weights.numbers[v] = inside[kUtilityCoordinates + v] / sum;
    }
    // α above 1 is not to be reached: the share is what it is.
    theta.weights[View::dense] =
        std::min(1.0, bounded(law, AdaptiveParameter::alpha, theta.weights[View::dense]));
    theta.weights[View::graph] = bounded(law, AdaptiveParameter::beta, theta.weights[View::graph]);
    theta.weights[View::recency] =
        bounded(law, AdaptiveParameter::gamma, theta.weights[View::recency]);
    theta.temperature = bounded(law, AdaptiveParameter::tau, 1 / sum);
    return theta;
}

Theta starting_theta(const Constitution& law) {
    return theta_of(0, starting_coordinates(law), law);
}

}  // namespace soma::domain
