#include "math/check/collector.h"

#include <limits>
#include <utility>

#include "base/error.h"

namespace soma::math {

void CheckCollector::add(const char* room, const char* name, double tolerance,
                         const std::function<double()>& measure) {
    MathCheck check{room, name, std::numeric_limits<double>::infinity(), tolerance, false};
    try {
        check.figure = measure();
    } catch (const Error&) {
        // The room has answered with an error value.
    }
    check.ok = check.figure <= tolerance;
    list.push_back(std::move(check));
}

}  // namespace soma::math
