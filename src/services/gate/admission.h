#pragma once
#include "backends/postgres/tenant/tenants.h"
#include "domain/identity/access.h"
#include "domain/identity/claims.h"
#include "services/gate/request_context.h"

namespace soma::services {

/// A request the gate has let in: whose it is and what it may do. Read-only.
struct Admission {
    domain::Principal principal;
    backends::TenantRow tenant;
    domain::Endpoint endpoint;
};

}  // namespace soma::services
