#include "backends/postgres/memory/links.h"

#include "backends/postgres/tenant_read.h"

namespace soma::backends {
namespace {

constexpr Statement kOf{
    "links_of",
    "SELECT from_id, to_id, type, weight, reinforced_at, l.created_at, l.sequence, l.log_index,"
    " gain"
    " FROM (SELECT *, to_id AS other FROM links WHERE tenant = $1::uuid AND from_id = $2::uuid"
    "   UNION ALL SELECT *, from_id FROM links WHERE tenant = $1 AND to_id = $2) l"
    " JOIN memories m ON m.tenant = $1 AND m.id = l.other"
    " WHERE m.expires_at IS NULL OR m.expires_at > $3::timestamptz"
    " ORDER BY l.sequence DESC LIMIT $4::int"};

constexpr Statement kAround{
    "links_around",
    "SELECT from_id, to_id, type, weight, reinforced_at, created_at, sequence, log_index, gain"
    " FROM links WHERE tenant = $1::uuid AND (from_id = ANY ($2::uuid[]) OR to_id = ANY ($2))"
    " ORDER BY from_id, to_id, type LIMIT $3::int"};

std::vector<domain::Link> read_links(const Result& result) {
    std::vector<domain::Link> out;
    for (int i = 0; i < result.rows(); ++i) {
        out.push_back(read_link(result.row(i)));
    }
    return out;
}

}  // namespace

domain::Link read_link(const RowView& row) {
    return {{row.uuid(0), row.uuid(1), std::string(row.bytes(2))},
            row.optional_float64(3).value(),
            row.time(4),
            row.time(5),
            row.uint64(6),
            row.uint64(7),
            row.float64(8)};
}

std::vector<domain::Link> Links::of(const Uuid& tenant, const Uuid& memory, int limit, Time now,
                                    const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        return read_links(read_for_tenant(connection, tenant, kOf,
                                          Params().add(tenant).add(memory).add(now).add(limit),
                                          deadline));
    });
}

std::vector<domain::Link> Links::around(const Uuid& tenant, const std::vector<Uuid>& memories,
                                        int limit, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        return read_links(read_for_tenant(connection, tenant, kAround,
                                          Params().add(tenant).add_array(memories).add(limit),
                                          deadline));
    });
}

}  // namespace soma::backends
