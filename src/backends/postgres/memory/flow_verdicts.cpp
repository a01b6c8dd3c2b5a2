#include "backends/postgres/memory/flow_verdicts.h"

#include "backends/postgres/tenant_read.h"

namespace soma::backends {
namespace {

constexpr Statement kOwed{"flows_owed", "SELECT tenant FROM flows_owed($1::int)"};
constexpr Statement kOldest{
    "flow_verdicts_oldest",
    "SELECT v.sequence, v.source, s.sink FROM (SELECT * FROM flow_verdicts"
    "   WHERE tenant = $1::uuid ORDER BY sequence LIMIT $2::int) v,"
    " LATERAL unnest(v.sinks) WITH ORDINALITY AS s (sink, place) ORDER BY v.sequence, s.place"};

}  // namespace

std::vector<Uuid> FlowVerdicts::owed(int most, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result = connection.run(kOwed, Params().add(most), deadline);
        std::vector<Uuid> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back(result.row(i).uuid(0));
        }
        return out;
    });
}

std::vector<domain::FlowVerdict> FlowVerdicts::oldest(const Uuid& tenant, int most,
                                                      const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result =
            read_for_tenant(connection, tenant, kOldest, Params().add(tenant).add(most), deadline);
        std::vector<domain::FlowVerdict> out;
        for (int i = 0; i < result.rows(); ++i) {
            const RowView row = result.row(i);
            if (out.empty() || out.back().sequence != row.uint64(0)) {
                out.push_back({row.uint64(0), row.uuid(1), {}});
            }
            out.back().sinks.push_back(row.uuid(2));
        }
        return out;
    });
}

}  // namespace soma::backends
