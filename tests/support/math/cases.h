#pragma once
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "math/numerics/random.h"

namespace soma::test {

/// A seed for math::Random: RapidCheck picks it, so that a failure names it, and the long vectors
/// of a case are filled from it (generating them element by element would cost most of the suite's
/// time).
inline math::Random case_random() {
    return math::Random(*rc::gen::arbitrary<std::uint64_t>());
}

inline std::vector<double> normal_vector(math::Random& random, std::size_t size) {
    std::vector<double> result(size);
    random.fill_normal(result);
    return result;
}

/// 10^e with e uniform in [low, high].
inline double decade(math::Random& random, double low, double high) {
    return std::pow(10.0, random.uniform(low, high));
}

}  // namespace soma::test
