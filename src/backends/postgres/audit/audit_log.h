#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/proving/stored_proof.h"

namespace soma::backends {

/// Which of a tenant's events; nullopt: whichever.
struct EventFilter {
    std::optional<std::string> stream;  ///< "state" or "access"
    std::optional<Time> from;           ///< inclusive
    std::optional<Time> to;             ///< exclusive
    std::optional<std::string> action;
    std::optional<std::string> actor;
    std::optional<std::string> telemetry_ref;
};

/// By log_index, which over all logs grows as events are written.
enum class EventOrder : std::uint8_t { newest_first, oldest_first };

/// A row of `events`.
struct EventRow {
    Uuid id;
    Uuid log_id;
    std::uint64_t log_index = 0;
    std::string stream;
    std::uint64_t stream_sequence = 0;
    Time time;
    std::string actor;
    std::string action;
    std::optional<std::string> telemetry_ref;
    std::string body;
};

/// A log, the present one or one that a restore ended.
struct LogSpan {
    Uuid id;
    std::uint64_t first_index = 0;
    bool ended = false;
};

/// A row of `checkpoints`.
struct SignedCheckpoint {
    std::uint64_t size = 0;
    std::string note;
    Time signed_at;
};

/// An event with what was signed of its log last.
struct LoggedEvent {
    LogSpan log;
    std::uint64_t log_index = 0;
    std::string body;
    std::optional<SignedCheckpoint> newest;
};

/// What auditors read. Thread-safe. Throws Error(unavailable) without a database.
class AuditLog {
  public:
    explicit AuditLog(ConnectionPool& pool) : pool_(pool) {}

    /// The log_index of the tenant's event; nullopt: it has none of this id.
    std::optional<std::uint64_t> place(const Uuid& tenant, const Uuid& event,
                                       const Deadline& deadline);
    /// The first `limit` events behind `after` in that order, or from the list's beginning.
    std::vector<EventRow> events(const Uuid& tenant, const EventFilter& filter, EventOrder order,
                                 std::optional<std::uint64_t> after, std::int32_t limit,
                                 const Deadline& deadline);

    std::optional<LoggedEvent> event(const Uuid& tenant, const Uuid& id, const Deadline& deadline);
    /// The tiles' hashes. Throws Error(internal) when one is missing.
    std::vector<domain::StoredTile> tiles(const LogSpan& log, std::span<const domain::Tile> tiles,
                                          const Deadline& deadline);

    /// The present one, then those before it, the latest first.
    std::vector<LogSpan> logs(const Deadline& deadline);
    /// A log's checkpoints of fewer than `below` leaves, the largest first.
    std::vector<SignedCheckpoint> checkpoints(const Uuid& log, std::uint64_t below,
                                              std::int32_t limit, const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
