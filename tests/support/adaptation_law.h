#pragma once
#include "domain/constitution/document/constitution.h"

namespace soma::testing {

/// The part of a law that adaptation reads, with room on all sides.
inline domain::Constitution adaptive_law() {
    domain::Constitution law;
    law.version = 1;
    law.utility = {.baseline = 1, .confidence = 1, .cost = 0.25, .latency = 0.125};
    law.bounds.parameters = {{{0.125, 8}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0.01, 10}}};
    return law;
}

inline domain::ParameterRange& range(domain::Constitution& law,
                                     domain::AdaptiveParameter parameter) {
    return law.bounds.parameters[static_cast<std::size_t>(parameter)];
}

}  // namespace soma::testing
