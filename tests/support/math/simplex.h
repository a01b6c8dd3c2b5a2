#pragma once
#include <vector>

#include "math/numerics/random.h"

namespace soma::test {

/// `n` positive numbers that sum to 1: masses, probabilities, weights.
inline std::vector<double> random_simplex(math::Random& random, std::size_t n) {
    std::vector<double> point(n);
    double sum = 0;
    for (double& x : point) {
        sum += x = random.uniform() + 1e-3;
    }
    for (double& x : point) {
        x /= sum;
    }
    return point;
}

}  // namespace soma::test
