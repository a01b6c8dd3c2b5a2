#include "backends/postgres/tenant/tenants.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

#define SOMA_TENANT_COLUMNS                                                                 \
    "SELECT t.id, t.name, t.shard::int, t.epoch, t.model_generation, g.model, g.dimension," \
    " s.id, a.id, t.created_at, t.modules FROM tenants t"                                   \
    " JOIN model_generations g ON g.id = t.model_generation"                                \
    " JOIN streams s ON s.tenant = t.id AND s.name = 'state'"                               \
    " JOIN streams a ON a.tenant = t.id AND a.name = 'access'"

constexpr Statement kFind{"tenant_find", SOMA_TENANT_COLUMNS " WHERE t.id = $1::uuid"};
constexpr Statement kFindByName{"tenant_by_name", SOMA_TENANT_COLUMNS " WHERE t.name = $1::text"};
constexpr Statement kList{"tenant_list", SOMA_TENANT_COLUMNS " ORDER BY t.name"};
#undef SOMA_TENANT_COLUMNS

constexpr Statement kSequence{"stream_sequence",
                              "SELECT sequence FROM streams WHERE id = $1::uuid"};
constexpr Statement kAddGeneration{"generation_add",
                                   "INSERT INTO model_generations (model, dimension)"
                                   " VALUES ($1::text, $2::int) ON CONFLICT DO NOTHING"};
constexpr Statement kFindGeneration{
    "generation_find",
    "SELECT id FROM model_generations WHERE model = $1::text AND dimension = $2::int"};
constexpr Statement kCreate{
    "tenant_create",
    "WITH made AS (INSERT INTO tenants (id, name, shard, epoch, model_generation, created_at)"
    " VALUES ($1::uuid, $2::text, $3::int, $4::bigint, $5::int, $6::timestamptz)"
    " ON CONFLICT (name) DO NOTHING RETURNING id)"
    " INSERT INTO streams (id, tenant, name)"
    " SELECT gen_random_uuid(), made.id, s.name FROM made, (VALUES ('state'), ('access')) s(name)"};
constexpr Statement kSetModules{"tenant_set_modules",
                                "UPDATE tenants SET modules = $2::text WHERE id = $1::uuid"};

}  // namespace

TenantRow Tenants::read(const RowView& row) const {
    TenantRow out;
    out.id = row.uuid(0);
    out.name = row.bytes(1);
    out.shard = row.int32(2);
    out.epoch = row.uint64(3);
    out.model_generation = static_cast<std::uint32_t>(row.int32(4));
    out.model = row.bytes(5);
    out.dimension = row.int32(6);
    out.state_stream_id = row.uuid(7);
    out.access_stream_id = row.uuid(8);
    out.created_at = row.time(9);
    const auto names = row.optional_bytes(10);
    const auto modules = names ? domain::modules_of(*names) : configured_;
    SOMA_ASSERT(modules.has_value(), "stored modules are names of modules");
    out.modules = *modules;
    out.has_own_modules = names.has_value();
    return out;
}

std::optional<TenantRow> Tenants::first(const Result& result) const {
    return result.rows() == 0 ? std::nullopt : std::optional(read(result.row(0)));
}

std::uint32_t Tenants::ensure_model_generation(const std::string& model, int dimension,
                                               const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add_text(model).add(dimension);
        connection.run(kAddGeneration, params, deadline);
        const Result found = connection.run(kFindGeneration, params, deadline);
        SOMA_ASSERT(found.rows() == 1, "a generation that was just ensured");
        return static_cast<std::uint32_t>(found.row(0).int32(0));
    });
}

std::optional<TenantRow> Tenants::create(const Uuid& id, const std::string& name,
                                         std::uint32_t model_generation, Time now,
                                         const Deadline& deadline) {
    const std::string random = random_bytes(9);
    const std::uint64_t epoch = read_u64be(std::string_view(random).substr(0, 8));
    const int shard = static_cast<unsigned char>(random[8]) & 63;
    Params params;
    params.add(id).add_text(name).add(shard).add(epoch);
    params.add(static_cast<std::int32_t>(model_generation)).add(now);
    const bool made = pool_.run(deadline, [&](Connection& connection) {
        return connection.run(kCreate, params, deadline).affected() == 2;
    });
    return made ? find(id, deadline) : std::nullopt;
}

bool Tenants::set_modules(const Uuid& id, std::optional<domain::Modules> modules,
                          const Deadline& deadline) {
    Params params;
    params.add(id);
    modules ? params.add_text(domain::names_of(*modules)) : params.add_null();
    return pool_.run(deadline, [&](Connection& connection) {
        return connection.run(kSetModules, params, deadline).affected() == 1;
    });
}

std::optional<TenantRow> Tenants::find(const Uuid& id, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add(id);
        return first(connection.run(kFind, params, deadline));
    });
}

std::optional<TenantRow> Tenants::find_by_name(const std::string& name, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add_text(name);
        return first(connection.run(kFindByName, params, deadline));
    });
}

std::vector<TenantRow> Tenants::list(const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result = connection.run(kList, {}, deadline);
        std::vector<TenantRow> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back(read(result.row(i)));
        }
        return out;
    });
}

std::uint64_t Tenants::state_sequence(const Uuid& state_stream_id, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add(state_stream_id);
        const Result result = connection.run(kSequence, params, deadline);
        return result.rows() == 0 ? 0 : result.row(0).uint64(0);
    });
}

}  // namespace soma::backends
