#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/adaptation/learning.h"

namespace soma::backends {

/// A row of the history, and where it came from.
struct KeptLearning {
    domain::LearntRow row;
    std::uint64_t sequence = 0;  ///< of its event, in the tenant's `state` stream
    Time created_at;
    std::optional<Uuid> feedback;
};

/// Reads `learning_weights` of one tenant under row-level security. Thread-safe as its pool is.
class LearningWeights {
  public:
    explicit LearningWeights(ConnectionPool& pool) : pool_(pool) {}

    /// nullopt: nothing was learnt yet.
    std::optional<domain::LearntRow> newest(const Uuid& tenant, const Deadline& deadline);
    /// Below this version, the newest first, at most so many.
    std::vector<KeptLearning> history(const Uuid& tenant, std::uint64_t below, std::int32_t most,
                                      const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
