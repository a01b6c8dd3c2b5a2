#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace soma::math {

/// One invariant of the mathematics, measured: `figure` is the largest deviation found (or a rate),
/// and `ok` says that it is at most `tolerance`.
struct MathCheck {
    std::string room;  ///< "hrr"
    std::string name;  ///< "unbind after bind is the identity"
    double figure = 0;
    double tolerance = 0;
    bool ok = false;
};

/// Measures the invariants of every room on data generated from `seed`: the same seed gives the
/// same figures. A room that answers with an error value fails its check with figure ∞. About a
/// second. Thread-safe.
std::vector<MathCheck> run_math_checks(std::uint64_t seed);

}  // namespace soma::math
