#pragma once
#include <optional>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/intent.h"

namespace soma::backends {

/// Reads `feedback_events` of one tenant under row-level security. Thread-safe as its pool is.
class FeedbackEvents {
  public:
    explicit FeedbackEvents(ConnectionPool& pool) : pool_(pool) {}

    /// The evaluation's feedback, without its usage; nullopt when it has none.
    std::optional<domain::StoredFeedback> of(const Uuid& tenant, const Uuid& evaluation,
                                             const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
