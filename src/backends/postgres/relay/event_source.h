#pragma once
#include <memory>
#include <vector>

#include "backends/postgres/connection.h"
#include "domain/ledger/relay/resume.h"
#include "domain/ledger/relay/route.h"

namespace soma::backends {

/// Events from one place on, and where the log stood then.
struct EventPage {
    domain::LogSpan log;
    std::vector<domain::RelayedEvent> events;
};

/// The ledger, read by one session of the relay's role. Not thread-safe. After a PostgresError that
/// says connection_lost: make another.
class EventSource {
  public:
    /// Throws Error(unavailable) when PostgreSQL does not answer or has another schema.
    EventSource(const ConnectionSettings& settings, const Deadline& deadline);

    /// Whether this session is the one that relays; held until it ends.
    bool take_turn(const Deadline& deadline);
    domain::LogSpan log(const Deadline& deadline);
    /// At most `limit` events with log_index ≥ `from`, in order; a prefix of what is committed.
    EventPage read(std::uint64_t from, int limit, const Deadline& deadline);

  private:
    std::unique_ptr<Connection> connection_;
};

}  // namespace soma::backends
