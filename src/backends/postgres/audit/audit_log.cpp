#include "backends/postgres/audit/audit_log.h"

#include <utility>

#include "backends/postgres/tenant_read.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr Statement kPlace{
    "audit_place", "SELECT log_index FROM events WHERE tenant = $1::uuid AND id = $2::uuid"};

// Filters that are absent vanish when a plan is made for the very values, and the index of those
// that are left is walked. So each time; a plan for any values would have to read all of a tenant's
// events.
constexpr Statement kPlanForValues{
    "audit_plan_for_values", "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"};

#define SOMA_EVENT_COLUMNS \
    "id, log_id, log_index, stream, stream_sequence, time, actor, action, telemetry_ref, body"
#define SOMA_EVENTS_OF(name, beyond, direction)                                               \
    "(SELECT " SOMA_EVENT_COLUMNS " FROM events WHERE tenant = $1::uuid AND stream = '" name  \
    "'"                                                                                       \
    " AND ($2::text IS NULL OR $2 = '" name                                                   \
    "')"                                                                                      \
    " AND ($3::timestamptz IS NULL OR time >= $3) AND ($4::timestamptz IS NULL OR time < $4)" \
    " AND ($5::text IS NULL OR action = $5) AND ($6::text IS NULL OR actor = $6)"             \
    " AND ($7::text IS NULL OR telemetry_ref = $7)"                                           \
    " AND ($8::bigint IS NULL OR log_index " beyond                                           \
    " $8)"                                                                                    \
    " ORDER BY log_index " direction " LIMIT $9::int)"
#define SOMA_EVENTS(beyond, direction)                                                 \
    "SELECT " SOMA_EVENT_COLUMNS                                                       \
    " FROM (" SOMA_EVENTS_OF("state", beyond, direction) " UNION ALL " SOMA_EVENTS_OF( \
        "access", beyond, direction) ") AS streams ORDER BY log_index " direction " LIMIT $9"
constexpr Statement kNewestFirst{"audit_newest_first", SOMA_EVENTS("<", "DESC")};
constexpr Statement kOldestFirst{"audit_oldest_first", SOMA_EVENTS(">", "ASC")};
#undef SOMA_EVENTS
#undef SOMA_EVENTS_OF
#undef SOMA_EVENT_COLUMNS

constexpr Statement kEvent{
    "audit_event",
    "SELECT e.log_id, coalesce(f.first_index, l.first_index), f.log_id IS NOT NULL, e.log_index,"
    " e.body, c.size, c.note, c.signed_at FROM events e CROSS JOIN log l"
    " LEFT JOIN former_logs f ON f.log_id = e.log_id"
    " LEFT JOIN LATERAL (SELECT size, note, signed_at FROM checkpoint_notes"
    "   WHERE log_id = e.log_id ORDER BY size DESC LIMIT 1) c ON true"
    " WHERE e.tenant = $1::uuid AND e.id = $2::uuid"};
constexpr Statement kLeaves{"audit_leaves",
                            "SELECT * FROM log_leaves($1::uuid, $2::bigint, $3::bigint)"};
constexpr Statement kSubtrees{"audit_subtrees",
                              "SELECT root FROM subtrees WHERE log_id = $1::uuid"
                              " AND level = $2::bigint AND index >= $3::bigint"
                              " AND index < $3::bigint + $4::bigint ORDER BY index"};
constexpr Statement kLogs{"audit_logs",
                          "SELECT log_id, first_index, false FROM log"
                          " UNION ALL SELECT log_id, first_index, true FROM former_logs"
                          " ORDER BY 2 DESC"};
constexpr Statement kCheckpoints{"audit_checkpoints",
                                 "SELECT size, note, signed_at FROM checkpoint_notes"
                                 " WHERE log_id = $1::uuid AND size < $2::bigint"
                                 " ORDER BY size DESC LIMIT $3::int"};

template <typename Value, typename Add>
void add_optional(Params& params, const std::optional<Value>& value, const Add& add) {
    if (value) {
        add(*value);
    } else {
        params.add_null();
    }
}

Params list_params(const Uuid& tenant, const EventFilter& filter,
                   std::optional<std::uint64_t> after, std::int32_t limit) {
    Params params;
    const auto text = [&](const std::string& value) { params.add_text(value); };
    const auto plain = [&](const auto& value) { params.add(value); };
    params.add(tenant);
    add_optional(params, filter.stream, text);
    add_optional(params, filter.from, plain);
    add_optional(params, filter.to, plain);
    add_optional(params, filter.action, text);
    add_optional(params, filter.actor, text);
    add_optional(params, filter.telemetry_ref, text);
    add_optional(params, after, plain);
    params.add(limit);
    return params;
}

EventRow event_of(const RowView& row) {
    return {row.uuid(0),
            row.uuid(1),
            row.uint64(2),
            std::string(row.bytes(3)),
            row.uint64(4),
            row.time(5),
            std::string(row.bytes(6)),
            std::string(row.bytes(7)),
            row.optional_bytes(8),
            std::string(row.bytes(9))};
}

LoggedEvent logged(const RowView& row) {
    LoggedEvent out{{row.uuid(0), row.uint64(1), row.boolean(2)},
                    row.uint64(3),
                    std::string(row.bytes(4)),
                    std::nullopt};
    if (!row.is_null(5)) {
        out.newest = SignedCheckpoint{row.uint64(5), std::string(row.bytes(6)), row.time(7)};
    }
    return out;
}

void queue_tile(Connection& connection, const LogSpan& log, const domain::Tile& tile) {
    const std::uint64_t first = tile.index * domain::kTileWidth;
    if (tile.level == 0) {
        connection.queue(kLeaves,
                         Params().add(log.id).add(log.first_index + first).add(tile.width));
    } else {
        connection.queue(
            kSubtrees,
            Params().add(log.id).add(std::uint64_t{tile.level}).add(first).add(tile.width));
    }
}

domain::StoredTile tile_of(const domain::Tile& tile, const Result& result) {
    if (static_cast<std::uint64_t>(result.rows()) != tile.width) {
        throw Error(ErrorKind::internal, "the log has a gap", tile_path(tile));
    }
    domain::StoredTile out{tile, {}};
    out.hashes.reserve(tile.width);
    for (int i = 0; i < result.rows(); ++i) {
        out.hashes.emplace_back(result.row(i).bytes(0));
    }
    return out;
}

}  // namespace

std::optional<std::uint64_t> AuditLog::place(const Uuid& tenant, const Uuid& event,
                                             const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kPlace, Params().add(tenant).add(event), deadline,
                           [](const RowView& row) { return row.uint64(0); });
}

std::vector<EventRow> AuditLog::events(const Uuid& tenant, const EventFilter& filter,
                                       EventOrder order, std::optional<std::uint64_t> after,
                                       std::int32_t limit, const Deadline& deadline) {
    const auto& statement = order == EventOrder::newest_first ? kNewestFirst : kOldestFirst;
    const Params params = list_params(tenant, filter, after, limit);
    return pool_.run(deadline, [&](Connection& connection) {
        begin_tenant_read(connection, tenant);
        connection.queue(kPlanForValues, {});
        connection.queue(statement, params);
        end_tenant_read(connection);
        const auto results = connection.flush(deadline);
        std::vector<EventRow> out;
        for (int i = 0; i < results[3].rows(); ++i) {
            out.push_back(event_of(results[3].row(i)));
        }
        return out;
    });
}

std::optional<LoggedEvent> AuditLog::event(const Uuid& tenant, const Uuid& id,
                                           const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kEvent, Params().add(tenant).add(id), deadline, logged);
}

std::vector<domain::StoredTile> AuditLog::tiles(const LogSpan& log,
                                                std::span<const domain::Tile> tiles,
                                                const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        for (const domain::Tile& tile : tiles) {
            queue_tile(connection, log, tile);
        }
        const auto results = connection.flush(deadline);
        std::vector<domain::StoredTile> out;
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            out.push_back(tile_of(tiles[i], results[i]));
        }
        return out;
    });
}

std::vector<LogSpan> AuditLog::logs(const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result found = connection.run(kLogs, {}, deadline);
        std::vector<LogSpan> out;
        for (int i = 0; i < found.rows(); ++i) {
            const RowView row = found.row(i);
            out.push_back({row.uuid(0), row.uint64(1), row.boolean(2)});
        }
        return out;
    });
}

std::vector<SignedCheckpoint> AuditLog::checkpoints(const Uuid& log, std::uint64_t below,
                                                    std::int32_t limit, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result found =
            connection.run(kCheckpoints, Params().add(log).add(below).add(limit), deadline);
        std::vector<SignedCheckpoint> out;
        for (int i = 0; i < found.rows(); ++i) {
            const RowView row = found.row(i);
            out.push_back({row.uint64(0), std::string(row.bytes(1)), row.time(2)});
        }
        return out;
    });
}

}  // namespace soma::backends
