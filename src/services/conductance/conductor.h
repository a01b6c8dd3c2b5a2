#pragma once
#include <cstdint>
#include <vector>

#include "backends/postgres/memory/flow_verdicts.h"
#include "backends/postgres/memory/links.h"
#include "backends/postgres/tenant/tenants.h"
#include "services/commit/committer.h"
#include "services/gate/law_in_force.h"
#include "telemetry/invariants.h"

namespace soma::services {

struct ConductorLimits {
    int tenants = 100;  ///< of one pass
    int passes = 8;     ///< of one round: so many batches of each tenant
};

/// Lets the currents of verdicts flow. Used from one thread; several processes may each have one.
class Conductor {
  public:
    Conductor(backends::FlowVerdicts& verdicts, backends::Links& links, backends::Tenants& tenants,
              Committer& committer, UuidGenerator& ids, const LawInForce& laws,
              ConductorLimits limits = {})
        : verdicts_(verdicts),
          links_(links),
          tenants_(tenants),
          committer_(committer),
          ids_(ids),
          laws_(laws),
          limits_(limits) {}

    /// What is owed of any tenant, as far as a round goes: a batch of at most kMaxFlowVerdicts at a
    /// time. What fails is logged and owed. Throws Error unavailable when the store does not say
    /// what is owed.
    void flow_owed(Time now, const Deadline& deadline);

  private:
    /// Verdicts and the links that their currents may take.
    struct Load {
        std::vector<domain::FlowVerdict> verdicts;
        std::vector<domain::Link> links;
    };

    Load load(const Uuid& tenant, const Deadline& deadline);
    std::vector<domain::Link> around(const Uuid& tenant,
                                     const std::vector<domain::FlowVerdict>& verdicts,
                                     bool& is_too_much, const Deadline& deadline);
    void flow(const backends::TenantRow& tenant, Time now, const Deadline& deadline);
    domain::ApplyFlow change_of(const Load& load, const domain::FlowBatch& batch, Time now);

    backends::FlowVerdicts& verdicts_;
    backends::Links& links_;
    backends::Tenants& tenants_;
    Committer& committer_;
    UuidGenerator& ids_;
    const LawInForce& laws_;
    ConductorLimits limits_;
    telemetry::Invariants invariants_;
};

}  // namespace soma::services
