#pragma once
#include <optional>
#include <string>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/intent.h"

namespace soma::backends {

/// Reads `evaluations` of one tenant under row-level security. Thread-safe as its pool is.
class Evaluations {
  public:
    explicit Evaluations(ConnectionPool& pool) : pool_(pool) {}

    std::optional<domain::StoredEvaluation> get(const Uuid& tenant, const Uuid& id, Time now,
                                                const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
