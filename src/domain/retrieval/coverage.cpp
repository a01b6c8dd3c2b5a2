#include "domain/retrieval/coverage.h"

#include <algorithm>

namespace soma::domain {

double covered(double blend, bool facet) {
    return std::min(blend + (facet ? 0.2 : 0.0), 1.0);
}

}  // namespace soma::domain
