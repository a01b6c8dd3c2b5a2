#pragma once
#include <functional>
#include <vector>

#include "math/check/check.h"

namespace soma::math {

/// Collects checks; each figure is computed by a function that may throw an error taken for a
/// value: the check has failed then, and its figure is infinite. Not thread-safe.
class CheckCollector {
  public:
    void add(const char* room, const char* name, double tolerance,
             const std::function<double()>& measure);

    std::vector<MathCheck> list;
};

}  // namespace soma::math
