#include "backends/postgres/learning/learning_columns.h"

#include <algorithm>

#include "base/error.h"

namespace soma::backends {
namespace {

domain::Coordinates coordinates(const RowView& row, int column) {
    const auto numbers = row.float64_array(column);
    domain::Coordinates out{};
    SOMA_ASSERT(numbers.size() == out.size(), "the table checks how many coordinates there are");
    std::copy(numbers.begin(), numbers.end(), out.begin());
    return out;
}

}  // namespace

domain::LearntRow read_learnt(const RowView& row) {
    domain::LearntRow out;
    out.version = row.uint64(0);
    const auto kind = domain::learning_kind_of(row.bytes(1));
    SOMA_ASSERT(kind.has_value(), "the table checks its kinds");
    out.kind = *kind;
    out.constitution_version = row.uint64(2);
    out.reward = row.optional_float64(3);
    out.alarm = row.is_null(4) ? std::nullopt : domain::alarm_of(row.bytes(4));
    out.restored = row.optional_uint64(5);
    auto& charts = out.charts;
    charts.count = row.uint64(6);
    const auto squares = row.float64_array(7);
    out.squares = {squares.at(0), squares.at(1), squares.at(2)};
    const auto values = row.float64_array(8);
    charts.mean = values.at(0);
    charts.squares = values.at(1);
    charts.last = values.at(2);
    charts.last_version = row.uint64(9);
    charts.level = {values.at(3), row.uint64(10)};
    charts.fixity = {values.at(4), row.uint64(11)};
    charts.split = {values.at(5), row.uint64(12)};
    out.before = coordinates(row, 13);
    out.after = coordinates(row, 14);
    if (!row.is_null(15)) {
        out.gradient = coordinates(row, 15);
    }
    return out;
}

}  // namespace soma::backends
