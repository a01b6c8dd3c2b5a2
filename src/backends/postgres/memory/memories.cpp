#include "backends/postgres/memory/memories.h"

#include <map>
#include <utility>

#include "backends/postgres/memory/links.h"
#include "backends/postgres/tenant_read.h"
#include "base/error.h"

namespace soma::backends {
namespace {

using domain::StoredMemory;

#define SOMA_MEMORY_COLUMNS                                                    \
    "id, sequence, log_index, created_at, occurred_at, valid_from, valid_to,"  \
    " expires_at, turn, importance, kind, superseded_by, superseded_sequence," \
    " subject_hmac, key_hmac, session_hmac, sealed, superseded_at, given_valid_to"

constexpr Statement kGet{"memory_get", "SELECT " SOMA_MEMORY_COLUMNS
                                       " FROM memories WHERE tenant = $1::uuid AND id = $2::uuid"};
constexpr Statement kPage{"memory_page", "SELECT " SOMA_MEMORY_COLUMNS
                                         " FROM memories WHERE tenant = $1::uuid AND sequence > "
                                         "$2::bigint ORDER BY sequence LIMIT $3::int"};
constexpr Statement kGetAll{"memory_get_all",
                            "SELECT " SOMA_MEMORY_COLUMNS
                            " FROM memories WHERE tenant = $1::uuid AND id = ANY ($2::uuid[])"
                            " ORDER BY sequence"};
constexpr Statement kChain{"memory_chain",
                           "SELECT " SOMA_MEMORY_COLUMNS
                           " FROM memories WHERE tenant = $1::uuid AND key_hmac = $2::bytea"
                           " AND sequence > $3::bigint ORDER BY sequence LIMIT $4::int"};
constexpr Statement kPassages{"memory_passages",
                              "SELECT memory_id, passage, model_generation, sealed FROM embeddings"
                              " WHERE memory_id = ANY ($1::uuid[]) AND model_generation = $2::int "
                              "ORDER BY memory_id, passage"};
constexpr Statement kLinks{"memory_links",
                           "SELECT from_id, to_id, type, weight, reinforced_at, created_at,"
                           " sequence, log_index, gain FROM links"
                           " WHERE tenant = $1::uuid AND from_id = ANY ($2::uuid[])"};
constexpr Statement kLinksFrom{
    "memory_links_from",
    "SELECT from_id, to_id, type, weight, reinforced_at, l.created_at, l.sequence, l.log_index,"
    " gain FROM links l JOIN memories m ON m.tenant = $1::uuid AND m.id = l.to_id"
    " WHERE l.tenant = $1 AND from_id = ANY ($2::uuid[]) AND l.type <> 'co_used'"
    " AND (m.expires_at IS NULL OR m.expires_at > $3::timestamptz) ORDER BY from_id, to_id, type"};
constexpr Statement kSequence{"memory_state_sequence",
                              "SELECT sequence FROM streams WHERE id = $1::uuid"};
#undef SOMA_MEMORY_COLUMNS

StoredMemory read_memory(const RowView& row) {
    StoredMemory out;
    out.facts.id = row.uuid(0);
    out.facts.sequence = row.uint64(1);
    out.facts.log_index = row.uint64(2);
    out.facts.created_at = row.time(3);
    out.facts.occurred_at = row.optional_time(4);
    out.facts.valid_from = row.optional_time(5);
    out.facts.valid_to = row.optional_time(6);
    out.facts.expires_at = row.optional_time(7);
    out.facts.turn = row.optional_int32(8);
    out.facts.importance = row.optional_float64(9);
    out.facts.kind = row.bytes(10);
    out.facts.superseded_by = row.optional_uuid(11);
    out.facts.superseded_sequence = row.optional_uint64(12);
    out.subject_hmac = row.bytes(13);
    out.key_hmac = row.optional_bytes(14);
    out.session_hmac = row.optional_bytes(15);
    out.sealed = row.bytes(16);
    out.facts.superseded_at = row.optional_time(17);
    out.facts.given_valid_to = row.optional_time(18);
    return out;
}

std::vector<StoredMemory> read_memories(const Result& result) {
    std::vector<StoredMemory> out;
    for (int i = 0; i < result.rows(); ++i) {
        out.push_back(read_memory(result.row(i)));
    }
    return out;
}

void read_passages(Connection& connection, std::vector<StoredMemory>& page,
                   std::uint32_t generation, const Deadline& deadline) {
    std::vector<Uuid> ids;
    std::map<Uuid, StoredMemory*> by_id;
    for (StoredMemory& memory : page) {
        ids.push_back(memory.facts.id);
        by_id[memory.facts.id] = &memory;
    }
    const Result result = connection.run(
        kPassages, Params().add_array(ids).add(static_cast<std::int32_t>(generation)), deadline);
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        by_id.at(row.uuid(0))
            ->passages.push_back({static_cast<std::uint32_t>(row.int32(1)),
                                  static_cast<std::uint32_t>(row.int32(2)),
                                  std::string(row.bytes(3))});
    }
}

void read_links(Connection& connection, const Uuid& tenant, std::vector<StoredMemory>& page,
                const Deadline& deadline) {
    std::vector<Uuid> ids;
    std::map<Uuid, StoredMemory*> by_id;
    for (StoredMemory& memory : page) {
        ids.push_back(memory.facts.id);
        by_id[memory.facts.id] = &memory;
    }
    const Result result = connection.run(kLinks, Params().add(tenant).add_array(ids), deadline);
    for (int i = 0; i < result.rows(); ++i) {
        domain::Link link = read_link(result.row(i));
        by_id.at(link.key.from)->links.push_back(std::move(link));
    }
}

}  // namespace

std::optional<StoredMemory> Memories::get(const Uuid& tenant, const Uuid& id,
                                          const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kGet, Params().add(tenant).add(id), deadline,
                           read_memory);
}

std::vector<StoredMemory> Memories::get_all(const Uuid& tenant, std::span<const Uuid> ids,
                                            const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Params params =
            Params().add(tenant).add_array(std::vector<Uuid>(ids.begin(), ids.end()));
        return read_memories(read_for_tenant(connection, tenant, kGetAll, params, deadline));
    });
}

std::vector<StoredMemory> Memories::get_whole(const Uuid& tenant, std::span<const Uuid> ids,
                                              std::uint32_t model_generation,
                                              const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        begin_tenant_read(connection, tenant);
        connection.queue(kGetAll,
                         Params().add(tenant).add_array(std::vector<Uuid>(ids.begin(), ids.end())));
        const std::vector<Result> first = connection.flush(deadline);
        std::vector<StoredMemory> out = read_memories(first[2]);
        read_passages(connection, out, model_generation, deadline);
        end_tenant_read(connection);
        connection.flush(deadline);
        return out;
    });
}

std::vector<StoredMemory> Memories::chain(const Uuid& tenant, const std::string& key_hmac,
                                          std::uint64_t after, int limit,
                                          const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Params params = Params().add(tenant).add_bytes(key_hmac).add(after).add(limit);
        return read_memories(read_for_tenant(connection, tenant, kChain, params, deadline));
    });
}

std::vector<domain::Link> Memories::links_from(const Uuid& tenant, std::span<const Uuid> ids,
                                               Time now, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Params params =
            Params().add(tenant).add_array(std::vector<Uuid>(ids.begin(), ids.end())).add(now);
        const Result result = read_for_tenant(connection, tenant, kLinksFrom, params, deadline);
        std::vector<domain::Link> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back(read_link(result.row(i)));
        }
        return out;
    });
}

std::uint64_t Memories::state_sequence(const Uuid& state_stream, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        return connection.run(kSequence, Params().add(state_stream), deadline).row(0).uint64(0);
    });
}

std::uint64_t Memories::scan(const domain::TenantStreams& tenant, std::uint32_t model_generation,
                             int page_rows, const std::function<void()>& restart,
                             const std::function<void(std::span<StoredMemory>)>& visit,
                             const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        restart();
        begin_tenant_read(connection, tenant.tenant);
        connection.queue(kSequence, Params().add(tenant.state));
        const std::vector<Result> first = connection.flush(deadline);
        SOMA_ASSERT(first[2].rows() == 1, "a tenant has its state stream");
        const std::uint64_t sequence = first[2].row(0).uint64(0);
        for (std::uint64_t after = 0;;) {
            const Result result = connection.run(
                kPage, Params().add(tenant.tenant).add(after).add(page_rows), deadline);
            std::vector<StoredMemory> page = read_memories(result);
            if (page.empty()) {
                break;
            }
            after = page.back().facts.sequence;
            read_passages(connection, page, model_generation, deadline);
            read_links(connection, tenant.tenant, page, deadline);
            visit(page);
        }
        end_tenant_read(connection);
        connection.flush(deadline);
        return sequence;
    });
}

}  // namespace soma::backends
