#include "backends/postgres/learning/learning_columns.h"

#include "base/error.h"

namespace soma::backends {
namespace {

constexpr int kFirstArray = 19;
constexpr int kElements = static_cast<int>(domain::kCoordinates);
static_assert(kElements == 13, "the columns spell thirteen out");

domain::Coordinates coordinates(const RowView& row, int first) {
    domain::Coordinates out{};
    for (int i = 0; i < kElements; ++i) {
        out[static_cast<std::size_t>(i)] = row.float64(first + i);
    }
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
    out.squares = {row.float64(7), row.float64(8)};
    charts.mean = row.float64(9);
    charts.squares = row.float64(10);
    charts.last = row.float64(11);
    charts.last_version = row.uint64(15);
    charts.level = {row.float64(12), row.uint64(16)};
    charts.fixity = {row.float64(13), row.uint64(17)};
    charts.split = {row.float64(14), row.uint64(18)};
    out.before = coordinates(row, kFirstArray);
    out.after = coordinates(row, kFirstArray + kElements);
    if (!row.is_null(kFirstArray + 2 * kElements)) {
        out.gradient = coordinates(row, kFirstArray + 2 * kElements);
    }
    return out;
}

}  // namespace soma::backends
