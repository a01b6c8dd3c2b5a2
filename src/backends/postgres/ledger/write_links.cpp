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

}  // namespace

void queue_links(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes) {
    if (!writes.removed.empty()) {
        connection.queue(kRemoveLinks, Params().add(tenant).add_array(std::vector<Uuid>(
                                           writes.removed.begin(), writes.removed.end())));
    }
    if (writes.links.empty()) {
        return;
    }
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

}  // namespace soma::backends
