#include "backends/postgres/tenant_read.h"

#include <utility>

namespace soma::backends {
namespace {

constexpr Statement kBegin{"read_begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr Statement kSetTenant{"read_set_tenant",
                               "SELECT set_config('soma.tenant', $1::text, true)"};
constexpr Statement kEnd{"read_end", "COMMIT"};

}  // namespace

void begin_tenant_read(Connection& connection, const Uuid& tenant) {
    connection.queue(kBegin, {});
    connection.queue(kSetTenant, Params().add_text(tenant.to_string()));
}

void end_tenant_read(Connection& connection) {
    connection.queue(kEnd, {});
}

Result read_for_tenant(Connection& connection, const Uuid& tenant, const Statement& statement,
                       const Params& params, const Deadline& deadline) {
    begin_tenant_read(connection, tenant);
    connection.queue(statement, params);
    end_tenant_read(connection);
    return std::move(connection.flush(deadline)[2]);
}

}  // namespace soma::backends
