#pragma once
#include <memory>
#include <vector>

#include "backends/postgres/tenant/tenants.h"
#include "domain/constitution/rules/rule_set.h"
#include "domain/identity/access.h"
#include "domain/identity/claims.h"
#include "services/gate/law_in_force.h"
#include "services/gate/request_context.h"

namespace soma::services {

/// A request the gate has let in: whose it is, what it may do, and under which law: one from its
/// beginning to its end. Read-only.
struct Admission {
    domain::Principal principal;
    backends::TenantRow tenant;
    domain::Endpoint endpoint;
    /// Null for the constitution's own endpoints alone, while no law is in force.
    std::shared_ptr<const EnforcedLaw> law = nullptr;
    std::vector<domain::Advice> policy = {};  ///< the law's directives for it; views into `law`
    double penalty = 0;                       ///< what its rules take off the utility
    /// The article of the first of these rules; empty without one. A view into `law`.
    std::string_view penalised_by = {};
    TextClasses redacted = {};  ///< what was blotted out of it
};

/// Who asks for what: what the law is asked of a request before a word of it is read.
inline domain::RequestFacts facts_of(const Admission& admission) {
    return {.endpoint = admission.endpoint,
            .roles = admission.principal.roles,
            .tenant = admission.tenant.id};
}

}  // namespace soma::services
