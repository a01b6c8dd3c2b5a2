#pragma once
#include "backends/postgres/binary.h"
#include "domain/adaptation/learning.h"

namespace soma::backends {

/// What `read_learnt` reads, of learning_weights AS w, from column 0 on: kLearntColumns columns.
#define SOMA_THIRTEEN(name)                                                                     \
    "w." name "[1], w." name "[2], w." name "[3], w." name "[4], w." name "[5], w." name        \
    "[6], w." name "[7], w." name "[8], w." name "[9], w." name "[10], w." name "[11], w." name \
    "[12], w." name "[13]"
#define SOMA_LEARNT_COLUMNS                                                                     \
    " w.version, w.kind, w.constitution_version, w.reward, w.alarm, w.restored, w.chart_count," \
    " w.squares[1], w.squares[2], w.chart_values[1], w.chart_values[2], w.chart_values[3],"     \
    " w.chart_values[4], w.chart_values[5], w.chart_values[6], w.chart_versions[1],"            \
    " w.chart_versions[2], w.chart_versions[3], w.chart_versions[4], " SOMA_THIRTEEN(           \
        "before") ", " SOMA_THIRTEEN("after") ", " SOMA_THIRTEEN("gradient") " "
inline constexpr int kLearntColumns = 19 + 3 * 13;

/// A row as it was decided, bit for bit.
domain::LearntRow read_learnt(const RowView& row);

}  // namespace soma::backends
