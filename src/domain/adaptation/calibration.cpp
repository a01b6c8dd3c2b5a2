#include "domain/adaptation/calibration.h"

#include "math/convex/loss.h"

namespace soma::domain {

std::optional<double> calibrated_probability(const Theta& theta, const CoverageFeatures& features) {
    if (theta.verdicts < kEnoughVerdicts) {
        return std::nullopt;
    }
    double sum = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
        sum += theta.calibration[i] * features[i];
    }
    return math::logistic(sum);
}

}  // namespace soma::domain
