#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/context/prompt.h"

namespace soma::backends {

/// What a session's working memory is made of: a turn, a query or a response, still sealed.
struct SessionRow {
    domain::WorkingMemory::Kind kind = domain::WorkingMemory::Kind::turn;
    Uuid id;  ///< of the memory, the evaluation or the feedback
    std::uint64_t log_index = 0;
    Time created_at;
    std::optional<Time> ends_at;  ///< from then on it is no part of the session any more
    std::string subject_hmac;
    std::string sealed;
};

/// A session's end as one snapshot shows it.
struct SessionTail {
    std::uint64_t log_size = 0;     ///< every event below has been seen, and none above
    std::uint64_t begin_index = 0;  ///< in the log, just after the session was last ended
    std::vector<SessionRow> rows;   ///< oldest first
};

/// Reads sessions of one tenant under row-level security. Thread-safe as its pool is.
class Sessions {
  public:
    explicit Sessions(ConnectionPool& pool) : pool_(pool) {}

    /// The session's last `limit` entries since its last end that have not ended themselves at
    /// `now`: memories that neither expired nor lost their validity, unexpired evaluations,
    /// responses given to those.
    SessionTail tail(const Uuid& tenant, const std::string& session_hmac, int limit, Time now,
                     const Deadline& deadline);

    /// Those of `ids` (memories, evaluations, feedback) that are there and have not expired at
    /// `now`, in no order.
    std::vector<SessionRow> named(const Uuid& tenant, std::span<const Uuid> ids, Time now,
                                  const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
