#include "domain/retrieval/coverage.h"

#include <algorithm>

namespace soma::domain {

double covered(double blend, bool facet) {
    return std::min(blend + (facet ? 0.2 : 0.0), 1.0);
}

CoverageFeatures coverage_features(double coverage, std::span<const ViewValues> found) {
    double best = 0;
    double second = 0;
    double lexical = 0;
    for (const ViewValues& values : found) {
        const double b = blend(values[View::dense], values[View::lexical]);
        second = std::max(second, std::min(best, b));
        best = std::max(best, b);
        lexical = std::max(lexical, values[View::lexical]);
    }
    return {1, coverage, lexical, best - second};
}

}  // namespace soma::domain
