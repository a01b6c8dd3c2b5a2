#pragma once
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/uuid.h"
#include "domain/graph/flow.h"

namespace soma::backends {

/// Reads `flow_verdicts`: verdicts whose current has not flowed. Only the committer writes them.
/// Thread-safe as its pool is.
class FlowVerdicts {
  public:
    explicit FlowVerdicts(ConnectionPool& pool) : pool_(pool) {}

    /// Tenants that have some, whoever has waited longest first.
    std::vector<Uuid> owed(int most, const Deadline& deadline);
    /// One tenant's, under row-level security, in the order of their feedback.
    std::vector<domain::FlowVerdict> oldest(const Uuid& tenant, int most, const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
