#include "math/hebbian/ring.h"

namespace soma::math {

Result<std::vector<double>> ewma_weights(std::size_t count, double gamma) {
    if (!(gamma >= 0 && gamma < 1)) {
        return MathError{MathFault::out_of_range, "gamma is in [0, 1)", "gamma"};
    }
    std::vector<double> weights(count);
    double weight = 1 - gamma;
    for (std::size_t i = count; i-- > 0;) {
        weights[i] = weight;
        weight *= gamma;
    }
    return weights;
}

}  // namespace soma::math
