#include "domain/adaptation/coordinates.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "domain/context/bundle.h"

namespace soma::domain {
namespace {

/// Views whose share of S the law bounds by itself.
constexpr std::array<std::pair<View, AdaptiveParameter>, 2> kBoundedShares{
    {{View::graph, AdaptiveParameter::beta}, {View::recency, AdaptiveParameter::gamma}}};

constexpr std::size_t coordinate(View view) {
    return kUtilityCoordinates + static_cast<std::size_t>(view);
}

/// A parameter's range, and for τ > 0 and shares what of it can be reached.
ParameterRange range_of(const Constitution& law, AdaptiveParameter parameter) {
    ParameterRange range = law.bounds.parameters[static_cast<std::size_t>(parameter)];
    if (parameter == AdaptiveParameter::alpha) {
        range.min = std::min(range.min, 1.0);
        range.max = std::min(range.max, 1.0);
    }
    SOMA_ASSERT(parameter != AdaptiveParameter::tau || range.min > 0, "a law's tau is above 0");
    return range;
}

double within(const ParameterRange& range, double value) {
    return std::clamp(value, range.min, range.max);
}

/// The greatest f ≥ 1 by which α's odds, α/(1−α), may be multiplied and divided.
double factor_of_odds(const ParameterRange& range, double share) {
    if (range.min == range.max) {
        return 1;
    }
    const auto odds = [](double part) { return part / (1 - part); };
    const double up = range.max < 1 ? odds(range.max) / odds(share) : INFINITY;
    const double down = range.min > 0 ? odds(share) / odds(range.min) : INFINITY;
    return std::min(up, down);
}

/// The greatest f ≥ 1 such that S may be multiplied and divided by it.
double factor_of(const Constitution& law, double sum, double share) {
    const ParameterRange tau = range_of(law, AdaptiveParameter::tau);
    double factor =
        std::min({kWidestFactor, sum * tau.max, 1 / (sum * tau.min),
                  std::sqrt(factor_of_odds(range_of(law, AdaptiveParameter::alpha), share))});
    for (const auto parameter : {AdaptiveParameter::beta, AdaptiveParameter::gamma}) {
        const ParameterRange range = range_of(law, parameter);
        if (range.min > 0) {
            factor = std::min(factor, std::sqrt(range.max / range.min));
        }
    }
    return std::max(factor, 1.0);
}

/// Where dense and lexical begin, and how far they may go.
struct Middle {
    double sum = 0;
    double share = 0;
    double factor = 1;
};

Middle middle_of(const Constitution& law) {
    Middle middle;
    middle.sum = 1 / within(range_of(law, AdaptiveParameter::tau), kDefaultTemperature);
    middle.share = within(range_of(law, AdaptiveParameter::alpha), default_weights()[View::dense]);
    middle.factor = factor_of(law, middle.sum, middle.share);
    return middle;
}

/// Where u may go so that u/S stays in the range, however S moves.
ParameterRange range_of_view(const Constitution& law, AdaptiveParameter parameter,
                             const Middle& middle) {
    const ParameterRange range = range_of(law, parameter);
    const double least = range.min * middle.sum * middle.factor;
    // Rounding alone could leave nothing of a range that is a single point.
    return {least, std::max(range.max * middle.sum / middle.factor, least)};
}

}  // namespace

std::string coordinate_name(std::size_t i) {
    if (i < kUtilityCoordinates) {
        return std::string(parameter_name(static_cast<AdaptiveParameter>(i)));
    }
    return i < kCalibrationFirst
               ? std::string(view_names[i - kUtilityCoordinates])
               : "calibration." + std::string(coverage_feature_names[i - kCalibrationFirst]);
}

Coordinates starting_coordinates(const Constitution& law) {
    const Middle middle = middle_of(law);
    const ViewWeights defaults = default_weights();
    Coordinates start{law.utility.confidence, law.utility.cost, law.utility.latency};
    for (std::size_t v = 0; v < view_count; ++v) {
        start[kUtilityCoordinates + v] = defaults.numbers[v] * middle.sum;
    }
    start[coordinate(View::dense)] = middle.share * middle.sum;
    start[coordinate(View::lexical)] = (1 - middle.share) * middle.sum;
    for (const auto& [view, parameter] : kBoundedShares) {
        double& value = start[coordinate(view)];
        value = within(range_of_view(law, parameter, middle), value);
    }
    std::copy(kStartingCalibration.begin(), kStartingCalibration.end(),
              start.begin() + kCalibrationFirst);
    return start;
}

math::Box learning_box(const Constitution& law) {
    const Coordinates start = starting_coordinates(law);
    const Middle middle = middle_of(law);
    const double room = (middle.factor - 1) / (kWidestFactor - 1);
    std::vector<double> lower(kCoordinates);
    std::vector<double> upper(kCoordinates);
    for (std::size_t i = kCalibrationFirst; i < kCoordinates; ++i) {
        lower[i] = start[i] - kCalibrationReach;
        upper[i] = start[i] + kCalibrationReach;
    }
    for (std::size_t i = kUtilityCoordinates; i < kCalibrationFirst; ++i) {
        const double most = std::max(kMostViewWeight * middle.sum, start[i]);
        lower[i] = start[i] * (1 - room);
        upper[i] = start[i] + room * (most - start[i]);
    }
    for (std::size_t i = 0; i < kUtilityCoordinates; ++i) {
        lower[i] = law.bounds.parameters[i].min;
        upper[i] = law.bounds.parameters[i].max;
    }
    for (const View view : {View::dense, View::lexical}) {
        lower[coordinate(view)] = start[coordinate(view)] / middle.factor;
        upper[coordinate(view)] = start[coordinate(view)] * middle.factor;
    }
    for (const auto& [view, parameter] : kBoundedShares) {
        const ParameterRange range = range_of_view(law, parameter, middle);
        lower[coordinate(view)] = range.min;
        upper[coordinate(view)] = range.max;
    }
    return math::Box::make(std::move(lower), std::move(upper)).value();
}

std::size_t count_outside(const Coordinates& coordinates, const Constitution& law) {
    const math::Box box = learning_box(law);
    std::size_t count = 0;
    for (std::size_t i = 0; i < kCoordinates; ++i) {
        const bool is_inside =
            coordinates[i] >= box.lower()[i] && coordinates[i] <= box.upper()[i];  // NaN is not
        count += is_inside ? 0 : 1;
    }
    return count;
}

}  // namespace soma::domain
