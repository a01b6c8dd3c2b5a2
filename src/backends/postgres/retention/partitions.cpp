#include "backends/postgres/retention/partitions.h"

#include <utility>

#include "backends/postgres/schema/migrations.h"
#include "backends/postgres/statements.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr Statement kOldest{
    "retention_oldest",
    "SELECT p.first_index, p.end_index, e.count, e.newest, x.count FROM"
    " (SELECT * FROM events_partitions ORDER BY first_index LIMIT 1) p,"
    " LATERAL (SELECT count(*), max(time) AS newest FROM events"
    "  WHERE log_index >= p.first_index AND log_index < p.end_index) e,"
    " LATERAL (SELECT count(*) FROM erasures x JOIN events f ON f.tenant = x.tenant"
    "  AND f.stream = 'state' AND f.stream_sequence = x.first_sequence WHERE x.state <> 'done'"
    "  AND f.log_index >= p.first_index AND f.log_index < p.end_index) x"};
constexpr Statement kLogs{
    "retention_logs",
    "WITH RECURSIVE logs AS (SELECT log_id, first_index, size AS end_index FROM log UNION ALL"
    " SELECT (d ->> 'former_log_id')::uuid, (d ->> 'former_first_index')::bigint,"
    "  coalesce((d ->> 'former_last_index')::bigint + 1, (d ->> 'former_first_index')::bigint)"
    " FROM logs JOIN events e ON e.log_index = logs.first_index AND e.log_id = logs.log_id"
    "  AND e.action = 'log.restored',"
    " LATERAL (SELECT convert_from(e.body, 'UTF8')::jsonb -> 'details' AS d) t)"
    " SELECT log_id, first_index, end_index FROM logs ORDER BY first_index DESC, end_index DESC"};
constexpr Statement kArchived{"retention_archived",
                              "SELECT checkpoint FROM log_archives WHERE log_id = $1::uuid"};
// Whoever holds the table, a backup say, holds us up, and everybody who wants to write stands
// behind us.
constexpr Statement kPatience{"retention_patience", "SET LOCAL lock_timeout = '1s'"};
constexpr Statement kDrop{"retention_drop", "SELECT events_drop_partition($1::bigint)"};

constexpr std::string_view kLockTimeout = "55P03";

}  // namespace

Partitions::Partitions(ConnectionSettings settings, const Deadline& deadline) {
    settings.statement_timeout = std::chrono::milliseconds(0);  // the deadline bounds each
    connection_ = Connection::open(settings, deadline);
    check_schema(*connection_, deadline);
}

domain::OldestPartition Partitions::oldest(const Deadline& deadline) {
    const Result found = connection_->run(kOldest, {}, deadline);
    SOMA_ASSERT(found.rows() == 1, "two partitions are always ahead");
    const RowView row = found.row(0);
    return {row.uint64(0), row.uint64(1), row.uint64(2), row.optional_time(3), row.uint64(4)};
}

std::vector<domain::LogExtent> Partitions::logs(const Deadline& deadline) {
    const Result found = connection_->run(kLogs, {}, deadline);
    std::vector<domain::LogExtent> out;
    for (int i = 0; i < found.rows(); ++i) {
        const RowView row = found.row(i);
        out.push_back({row.uuid(0), row.uint64(1), row.uint64(2)});
    }
    return out;
}

std::uint64_t Partitions::archived_checkpoint(const Uuid& log_id, const Deadline& deadline) {
    const Result found = connection_->run(kArchived, Params().add(log_id), deadline);
    return found.rows() == 0 ? 0 : found.row(0).uint64(0);
}

void Partitions::drop(std::uint64_t first_index, const Deadline& deadline) {
    try {
        connection_->queue(kBegin, {});
        connection_->queue(kPatience, {});
        connection_->queue(kDrop, Params().add(first_index));
        connection_->queue(kCommit, {});
        connection_->flush(deadline);
    } catch (const PostgresError& error) {
        connection_->rollback(deadline);
        if (error.sqlstate() == kLockTimeout) {
            throw Error(ErrorKind::unavailable, "somebody reads events, a backup perhaps",
                        error.detail());
        }
        throw;
    }
}

}  // namespace soma::backends
