#include "backends/postgres/memory/sessions.h"

#include "backends/postgres/tenant_read.h"

namespace soma::backends {
namespace {

constexpr Statement kBounds{"session_bounds",
                            "SELECT (SELECT size FROM log), coalesce((SELECT log_index + 1"
                            " FROM ended_sessions WHERE tenant = $1::uuid"
                            " AND session_hmac = $2::bytea), 0)"};
// A superseded memory ends with its validity; where that has no moment in it, it never was. A
// response belongs where its question was asked, however late it comes.
constexpr Statement kTail{
    "session_tail",
    "WITH session AS (SELECT coalesce(max(log_index), -1) AS ended FROM ended_sessions"
    "   WHERE tenant = $1::uuid AND session_hmac = $2::bytea)"
    "SELECT kind, id, log_index, created_at, ends_at, subject_hmac, sealed FROM ("
    " (SELECT 0 AS kind, id, log_index, created_at, LEAST(expires_at, valid_to) AS ends_at,"
    "   subject_hmac, sealed FROM memories"
    "   WHERE tenant = $1 AND session_hmac = $2 AND log_index > (SELECT ended FROM session)"
    "   AND (expires_at IS NULL OR expires_at > $3::timestamptz)"
    "   AND (valid_to IS NULL OR valid_to > GREATEST(valid_from, $3))"
    "   ORDER BY log_index DESC LIMIT $4::int)"
    " UNION ALL"
    " (SELECT 1, id, log_index, created_at, expires_at, subject_hmac, sealed FROM evaluations"
    "   WHERE tenant = $1 AND session_hmac = $2 AND log_index > (SELECT ended FROM session)"
    "   AND expires_at > $3 ORDER BY log_index DESC LIMIT $4)"
    " UNION ALL"
    " (SELECT 2, id, log_index, created_at, expires_at, subject_hmac, sealed FROM feedback_events f"
    "   WHERE tenant = $1 AND session_hmac = $2 AND log_index > (SELECT ended FROM session)"
    "   AND expires_at > $3 AND EXISTS (SELECT FROM evaluations e WHERE e.tenant = f.tenant"
    "     AND e.id = f.evaluation_id AND e.log_index > (SELECT ended FROM session))"
    "   ORDER BY log_index DESC LIMIT $4)"
    ") entries ORDER BY log_index DESC LIMIT $4"};

constexpr Statement kNamed{
    "session_named",
    "SELECT 0 AS kind, id, log_index, created_at, expires_at AS ends_at, subject_hmac, sealed"
    " FROM memories WHERE tenant = $1::uuid AND id = ANY ($2::uuid[])"
    " AND (expires_at IS NULL OR expires_at > $3::timestamptz)"
    " UNION ALL "
    "SELECT 1, id, log_index, created_at, expires_at, subject_hmac, sealed FROM evaluations"
    " WHERE tenant = $1 AND id = ANY ($2) AND expires_at > $3"
    " UNION ALL "
    "SELECT 2, id, log_index, created_at, expires_at, subject_hmac, sealed FROM feedback_events"
    " WHERE tenant = $1 AND id = ANY ($2) AND expires_at > $3"};

domain::WorkingMemory::Kind kind_of(std::int32_t code) {
    using Kind = domain::WorkingMemory::Kind;
    return code == 0 ? Kind::turn : code == 1 ? Kind::query : Kind::response;
}

SessionRow read_row(const RowView& row) {
    return {kind_of(row.int32(0)),
            row.uuid(1),
            row.uint64(2),
            row.time(3),
            row.optional_time(4),
            std::string(row.bytes(5)),
            std::string(row.bytes(6))};
}

}  // namespace

SessionTail Sessions::tail(const Uuid& tenant, const std::string& session_hmac, int limit, Time now,
                           const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        begin_tenant_read(connection, tenant);
        connection.queue(kBounds, Params().add(tenant).add_bytes(session_hmac));
        connection.queue(kTail, Params().add(tenant).add_bytes(session_hmac).add(now).add(limit));
        end_tenant_read(connection);
        const std::vector<Result> results = connection.flush(deadline);
        SessionTail out;
        out.log_size = results[2].row(0).uint64(0);
        out.begin_index = results[2].row(0).uint64(1);
        for (int i = results[3].rows() - 1; i >= 0; --i) {
            out.rows.push_back(read_row(results[3].row(i)));
        }
        return out;
    });
}

std::vector<SessionRow> Sessions::named(const Uuid& tenant, std::span<const Uuid> ids, Time now,
                                        const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Params params =
            Params().add(tenant).add_array(std::vector<Uuid>(ids.begin(), ids.end())).add(now);
        const Result result = read_for_tenant(connection, tenant, kNamed, params, deadline);
        std::vector<SessionRow> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back(read_row(result.row(i)));
        }
        return out;
    });
}

}  // namespace soma::backends
