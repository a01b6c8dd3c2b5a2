#include "backends/postgres/ledger/write_links.h"

#include <optional>
#include <string_view>
#include <vector>

namespace soma::backends {
namespace {

constexpr Statement kRemoveLinks{"remove_links",
                                 "DELETE FROM links WHERE tenant = $1::uuid"
                                 " AND (from_id = ANY ($2::uuid[]) OR to_id = ANY ($2))"};
constexpr Statement kPutLinks{
    "put_links",
    "INSERT INTO links (tenant, from_id, to_id, type, weight, reinforced_at, created_at, sequence,"
    " log_index) SELECT $1::uuid, unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::text[]),"
    " unnest($5::float8[]), unnest($6::timestamptz[]), unnest($7::timestamptz[]),"
    " unnest($8::bigint[]), unnest($9::bigint[])"
    " ON CONFLICT (tenant, from_id, to_id, type) DO UPDATE SET weight = EXCLUDED.weight,"
    " reinforced_at = EXCLUDED.reinforced_at, sequence = EXCLUDED.sequence,"
    " log_index = EXCLUDED.log_index"};
constexpr Statement kPutVerdict{
    "put_flow_verdict",
    "INSERT INTO flow_verdicts (tenant, sequence, created_at, source, sinks)"
    " VALUES ($1::uuid, $2::bigint, $3::timestamptz, $4::uuid, $5::uuid[])"};
constexpr Statement kRemoveVerdicts{"remove_flow_verdicts",
                                    "DELETE FROM flow_verdicts WHERE tenant = $1::uuid"
                                    " AND (source = ANY ($2::uuid[]) OR sinks && $2)"};
constexpr Statement kSetGains{
    "set_gains",
    "UPDATE links l SET gain = g.gain"
    " FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[]) AS g (from_id, to_id, type, "
    "gain)"
    " WHERE l.tenant = $1::uuid AND l.from_id = g.from_id AND l.to_id = g.to_id"
    " AND l.type = g.type"};
constexpr Statement kRemoveFlowed{
    "remove_flowed",
    "DELETE FROM flow_verdicts WHERE tenant = $1::uuid AND sequence = ANY ($2::bigint[])"};

void queue_verdicts(Connection& connection, const Uuid& tenant,
                    const domain::TenantWrites& writes) {
    for (const auto& verdict : writes.verdicts) {
        Params params;
        params.add(tenant).add(verdict.at.sequence).add(verdict.now);
        params.add(verdict.use->first_ranked).add_array(verdict.use->credited);
        connection.queue(kPutVerdict, params);
    }
}

void queue_flow(Connection& connection, const Uuid& tenant, const domain::ApplyFlow& flow) {
    std::vector<Uuid> from;
    std::vector<Uuid> to;
    std::vector<std::string_view> types;
    std::vector<std::optional<double>> gains;
    for (const auto& [key, gain] : flow.gains) {
        from.push_back(key.from);
        to.push_back(key.to);
        types.push_back(key.type);
        gains.emplace_back(gain);
    }
    Params params;
    params.add(tenant).add_array(from).add_array(to).add_text_array(types).add_array(gains);
    connection.queue(kSetGains, params);
    connection.queue(kRemoveFlowed, Params().add(tenant).add_array(flow.verdicts));
}

void queue_put_links(Connection& connection, const Uuid& tenant,
                     const domain::TenantWrites& writes) {
    std::vector<Uuid> from;
    std::vector<Uuid> to;
    std::vector<std::string_view> types;
    std::vector<std::optional<double>> weights;
    std::vector<Time> reinforced;
    std::vector<Time> created;
    std::vector<std::uint64_t> sequences;
    std::vector<std::uint64_t> log_indexes;
    for (const auto& [key, link] : writes.links) {
        from.push_back(key.from);
        to.push_back(key.to);
        types.push_back(key.type);
        weights.emplace_back(link.weight);
        reinforced.push_back(link.reinforced_at);
        created.push_back(link.created_at);
        sequences.push_back(link.sequence);
        log_indexes.push_back(link.log_index);
    }
    Params params;
    params.add(tenant).add_array(from).add_array(to).add_text_array(types).add_array(weights);
    params.add_array(reinforced).add_array(created).add_array(sequences).add_array(log_indexes);
    connection.queue(kPutLinks, params);
}

}  // namespace

void queue_links(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes) {
    queue_verdicts(connection, tenant, writes);
    if (!writes.removed.empty()) {
        const std::vector<Uuid> removed(writes.removed.begin(), writes.removed.end());
        connection.queue(kRemoveLinks, Params().add(tenant).add_array(removed));
        connection.queue(kRemoveVerdicts, Params().add(tenant).add_array(removed));
    }
    if (!writes.links.empty()) {
        queue_put_links(connection, tenant, writes);
    }
    if (writes.flow != nullptr) {
        queue_flow(connection, tenant, *writes.flow);
    }
}

}  // namespace soma::backends
