#include "math/weights.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace soma::math {

std::optional<std::vector<double>> softmax(std::span<const double> scores, double temperature) {
    if (!(temperature > 0) ||
        !std::all_of(scores.begin(), scores.end(), [](double s) { return std::isfinite(s); })) {
        return std::nullopt;
    }
    std::vector<double> weights(scores.begin(), scores.end());
    if (weights.empty()) {
        return weights;
    }
    const double greatest = *std::max_element(weights.begin(), weights.end());
    double sum = 0;
    for (double& w : weights) {
        // The difference of two finite scores may overflow to −∞; its weight is 0 all the same.
        w = w == greatest ? 1 : std::exp((w - greatest) / temperature);
        sum += w;
    }
    for (double& w : weights) {
        w /= sum;
    }
    return weights;
}

double recency(double age, double half_life) {
    SOMA_ASSERT(half_life > 0, "a half-life is positive");
    return std::exp2(-std::max(age, 0.0) / half_life);
}

}  // namespace soma::math
