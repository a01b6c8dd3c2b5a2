#pragma once
#include "backends/postgres/binary.h"
#include "domain/adaptation/learning.h"

namespace soma::backends {

/// What `read_learnt` reads, of learning_weights AS w, from column 0 on: kLearntColumns columns.
#define SOMA_LEARNT_COLUMNS                                                                \
    " w.version, w.kind, w.constitution_version, w.reward, w.alarm, w.restored,"           \
    " w.chart_count, w.squares, w.chart_values, w.chart_versions[1], w.chart_versions[2]," \
    " w.chart_versions[3], w.chart_versions[4], w.before, w.after, w.gradient "
inline constexpr int kLearntColumns = 16;

/// A row as it was decided, bit for bit.
domain::LearntRow read_learnt(const RowView& row);

}  // namespace soma::backends
