#include "backends/postgres/tenant_read.h"

#include <utility>

#include "backends/postgres/statements.h"

namespace soma::backends {

void begin_tenant_read(Connection& connection, const Uuid& tenant) {
    connection.queue(kBeginRead, {});
    connection.queue(kSetTenant, Params().add_text(tenant.to_string()));
}

void end_tenant_read(Connection& connection) {
    connection.queue(kCommit, {});
}

Result read_for_tenant(Connection& connection, const Uuid& tenant, const Statement& statement,
                       const Params& params, const Deadline& deadline) {
    begin_tenant_read(connection, tenant);
    connection.queue(statement, params);
    end_tenant_read(connection);
    return std::move(connection.flush(deadline)[2]);
}

}  // namespace soma::backends
