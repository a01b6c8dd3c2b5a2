#include "backends/postgres/ledger/write_learning.h"

#include <optional>
#include <string>
#include <vector>

namespace soma::backends {
namespace {

using Numbers = std::vector<std::optional<double>>;

constexpr Statement kInsert{
    "insert_learning",
    "INSERT INTO learning_weights (tenant, version, kind, sequence, created_at,"
    " constitution_version, feedback_id, before, after, gradient, reward, alarm, restored, squares,"
    " chart_count, chart_values, chart_versions)"
    " VALUES ($1::uuid, $2::bigint, $3::text, $4::bigint, $5::timestamptz, $6::bigint, $7::uuid,"
    " $8::float8[], $9::float8[], $10::float8[], ($11::float8[])[1], $12::text, $13::bigint,"
    " $14::float8[], $15::bigint, $16::float8[], $17::bigint[])"};

Numbers numbers(const domain::Coordinates& of) {
    return {of.begin(), of.end()};
}

}  // namespace

void queue_learning(Connection& connection, const Uuid& tenant,
                    const domain::TenantWrites& writes) {
    for (const auto& [row, at, now, feedback] : writes.learnt) {
        Params params;
        params.add(tenant).add(row.version).add_text(kind_name(row.kind)).add(at.sequence);
        params.add(now).add(row.constitution_version);
        feedback ? params.add(*feedback) : params.add_null();
        params.add_array(numbers(row.before)).add_array(numbers(row.after));
        row.gradient ? params.add_array(numbers(*row.gradient)) : params.add_null();
        params.add_array(Numbers{row.reward});
        row.alarm ? params.add_text(alarm_name(*row.alarm)) : params.add_null();
        row.restored ? params.add(*row.restored) : params.add_null();
        params.add_array(Numbers{row.squares.utility, row.squares.views, row.squares.calibration});
        const auto& charts = row.charts;
        params.add(charts.count);
        params.add_array(Numbers{charts.mean, charts.squares, charts.last, charts.level.sum,
                                 charts.fixity.sum, charts.split.sum});
        params.add_array(std::vector<std::uint64_t>{charts.last_version, charts.level.quiet,
                                                    charts.fixity.quiet, charts.split.quiet});
        connection.queue(kInsert, params);
    }
}

}  // namespace soma::backends
