#include "backends/postgres/backup/restoration.h"

#include <utility>

#include "backends/postgres/backup/snapshot.h"
#include "backends/postgres/ledger/write_events.h"
#include "backends/postgres/schema/migrations.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr Statement kOthers{
    "restore_others",
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'somabrain' AND pid <> pg_backend_pid()"};
/// What a migrated database holds of itself.
constexpr Statement kFresh{"restore_fresh",
                           "SELECT (SELECT size = 0 FROM log) AND (SELECT count(*) = 1 AND "
                           "max(sequence) = 0 FROM streams)"
                           " AND (SELECT version = 0 FROM constitution_pointer)"};
constexpr Statement kPartitionsEnd{"restore_partitions",
                                   "SELECT coalesce(max(end_index), 0) FROM events_partitions"};
constexpr Statement kAddPartition{"restore_add_partition",
                                  "SELECT events_add_partition($1::bigint)"};
/// What was dropped before the backup is not there: partitions for it would never go again.
constexpr Statement kEmptyPartitions{
    "restore_empty_partitions",
    "SELECT first_index FROM events_partitions"
    " WHERE end_index <= (SELECT coalesce(min(log_index), 0) FROM events) ORDER BY first_index"};
constexpr Statement kDropPartition{"restore_drop_partition",
                                   "SELECT events_drop_partition($1::bigint)"};
constexpr Statement kKeepAhead{"restore_keep_ahead", "SELECT events_keep_ahead($1::bigint)"};
constexpr Statement kIdentities{
    "restore_identities",
    "SELECT c.relname::text, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = "
    "a.attrelid"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attidentity <> ''"};
constexpr Statement kSystem{"restore_system",
                            "SELECT id, sequence FROM streams WHERE name = 'system'"};
constexpr Statement kState{
    "restore_state", "SELECT id, sequence FROM streams WHERE tenant = $1::uuid AND name = 'state'"};
constexpr Statement kTenants{"restore_tenants", "SELECT id FROM tenants ORDER BY id"};
// Grouped by hash over narrow columns; the blobs are then fetched for two rows a subject.
#define SOMA_SAMPLES(kind, table)                                                             \
    "SELECT " kind " AS kind, t.subject_hmac, t.id, t.sealed FROM " table                     \
    " t"                                                                                      \
    " JOIN (SELECT subject_hmac, min(log_index) AS first, max(log_index) AS last FROM " table \
    "  WHERE tenant = $1::uuid GROUP BY subject_hmac) ends"                                   \
    " ON ends.subject_hmac = t.subject_hmac AND t.log_index IN (ends.first, ends.last)"       \
    " WHERE t.tenant = $1"
constexpr Statement kSubjects{
    "restore_subjects",
    "SELECT kind::int, subject_hmac, id, sealed FROM (" SOMA_SAMPLES("0", "memories")
    " UNION ALL " SOMA_SAMPLES("1", "evaluations")
    " UNION ALL " SOMA_SAMPLES("2", "feedback_events") ") samples ORDER BY subject_hmac"};
#undef SOMA_SAMPLES
constexpr Statement kErase{
    "restore_erase",
    "WITH m AS (DELETE FROM memories WHERE tenant = $1::uuid AND subject_hmac = $2::bytea"
    "   RETURNING id),"
    " v AS (DELETE FROM embeddings WHERE tenant = $1 AND memory_id IN (SELECT id FROM m)),"
    " l AS (DELETE FROM links WHERE tenant = $1"
    "   AND (from_id IN (SELECT id FROM m) OR to_id IN (SELECT id FROM m))),"
    " w AS (DELETE FROM flow_verdicts WHERE tenant = $1"
    "   AND (source IN (SELECT id FROM m) OR sinks && ARRAY(SELECT id FROM m))),"
    " e AS (DELETE FROM evaluations WHERE tenant = $1 AND subject_hmac = $2 RETURNING 1),"
    " f AS (DELETE FROM feedback_events WHERE tenant = $1 AND subject_hmac = $2 RETURNING id),"
    " u AS (DELETE FROM token_usage WHERE tenant = $1 AND feedback_id IN (SELECT id FROM f))"
    " SELECT (SELECT count(*) FROM m), (SELECT count(*) FROM e), (SELECT count(*) FROM f)"};
constexpr Statement kEpochs{
    "restore_epochs",
    "UPDATE tenants SET epoch = new.epoch"
    " FROM unnest($1::uuid[], $2::bigint[]) AS new (id, epoch) WHERE tenants.id = new.id"};
constexpr Statement kStreams{
    "restore_streams",
    "UPDATE streams SET sequence = new.sequence"
    " FROM unnest($1::uuid[], $2::bigint[]) AS new (id, sequence) WHERE streams.id = new.id"};
constexpr Statement kNewLog{
    "restore_log", "UPDATE log SET log_id = $1::uuid, first_index = $2::bigint, size = $3::bigint"};

[[noreturn]] void in_use() {
    throw Error(ErrorKind::conflict,
                "the database is in use: stop the service that runs on it first");
}

domain::StreamHead one_stream(const Result& result) {
    SOMA_ASSERT(result.rows() == 1, "one stream of this name");
    return {result.row(0).uuid(0), result.row(0).uint64(1)};
}

}  // namespace

Result Restoration::run(const Statement& statement, const Params& params) {
    return connection_->run(statement, params, deadline_);
}
void Restoration::script(const std::string& sql) {
    connection_->run_script(sql, deadline_);
}

Restoration::Restoration(ConnectionSettings settings, const Deadline& deadline)
    : deadline_(deadline) {
    // One table may take long; the deadline bounds all of it.
    settings.statement_timeout = std::chrono::milliseconds(0);
    connection_ = Connection::open(settings, deadline_);
    check_schema(*connection_, deadline_);
    script("BEGIN");
    script("SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = 0");
    tables_ = tables_to_copy(*connection_, deadline_);
    if (run(kOthers).row(0).int64(0) != 0) {
        in_use();
    }
    std::string names;
    for (const auto& table : tables_) {
        names += (names.empty() ? "" : ", ") + table.name;
    }
    try {
        script("LOCK TABLE " + names + " IN ACCESS EXCLUSIVE MODE");
    } catch (const PostgresError& error) {
        if (error.sqlstate() == "55P03") {  // lock_timeout
            in_use();
        }
        throw;
    }
    check_empty();
}

void Restoration::check_empty() {
    bool empty = run(kFresh).row(0).boolean(0);
    for (const auto& table : tables_) {
        if (table.name == "log" || table.name == "streams" ||
            table.name == "constitution_pointer") {
            continue;
        }
        const std::string name = "restore_any_" + table.name;
        const std::string sql = "SELECT EXISTS (SELECT FROM " + table.name + ")";
        empty = empty && !run(Statement{name.c_str(), sql.c_str()}).row(0).boolean(0);
    }
    if (!empty) {
        throw Error(ErrorKind::conflict,
                    "the database is not empty: restore into a fresh one (somabrain migrate)");
    }
}

void Restoration::open(std::uint64_t log_size, std::uint64_t partition_rows) {
    partition_rows_ = partition_rows;
    while (run(kPartitionsEnd).row(0).uint64(0) < log_size) {
        run(kAddPartition, Params().add(partition_rows));
    }
    for (const auto& table : tables_) {
        if (table.forced) {
            script("ALTER TABLE " + table.name + " NO FORCE ROW LEVEL SECURITY");
        }
    }
    script("DELETE FROM streams; DELETE FROM log; DELETE FROM constitution_pointer");
}

std::uint64_t Restoration::fill(const CopiedTable& table,
                                const std::function<std::string_view()>& give) {
    return connection_->copy_in(
        "COPY " + table.name + " (" + table.column_list() + ") FROM STDIN (FORMAT binary)", give,
        deadline_);
}

domain::LogHead Restoration::log() {
    return read_log_head(*connection_, deadline_);
}
domain::StreamHead Restoration::system_stream() {
    return one_stream(run(kSystem));
}
domain::StreamHead Restoration::state_stream(const Uuid& tenant) {
    return one_stream(run(kState, Params().add(tenant)));
}

std::vector<Uuid> Restoration::tenants() {
    const Result result = run(kTenants);
    std::vector<Uuid> out;
    for (int i = 0; i < result.rows(); ++i) {
        out.push_back(result.row(i).uuid(0));
    }
    return out;
}

std::vector<SampledSubject> Restoration::subjects(const Uuid& tenant) {
    const Result result = run(kSubjects, Params().add(tenant));
    std::vector<SampledSubject> out;
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        if (out.empty() || out.back().subject_hmac != row.bytes(1)) {
            out.push_back({tenant, std::string(row.bytes(1)), {}});
        }
        out.back().samples.push_back({static_cast<SealedSample::Kind>(row.int32(0)), row.uuid(2),
                                      std::string(row.bytes(3))});
    }
    return out;
}

domain::ErasedSubject Restoration::erase(const SampledSubject& subject) {
    const Result result = run(kErase, Params().add(subject.tenant).add_bytes(subject.subject_hmac));
    const RowView row = result.row(0);
    return {subject.tenant, subject.subject_hmac, row.uint64(0), row.uint64(1), row.uint64(2)};
}

void Restoration::succeed(const domain::Succession& next,
                          const std::map<Uuid, std::uint64_t>& epochs) {
    const auto numbered = [](const std::map<Uuid, std::uint64_t>& rows) {
        std::vector<Uuid> ids;
        std::vector<std::uint64_t> numbers;
        for (const auto& [id, number] : rows) {
            ids.push_back(id);
            numbers.push_back(number);
        }
        return Params().add_array(ids).add_array(numbers);
    };
    run(kEpochs, numbered(epochs));
    run(kStreams, numbered(next.streams));
    run(kNewLog, Params().add(next.log_id).add(next.first_index).add(next.size));
    run(kKeepAhead, Params().add(partition_rows_));
    queue_event_rows(*connection_, next.log_id, next.events);
    connection_->flush(deadline_);
    const Result empty = run(kEmptyPartitions);
    for (int i = 0; i < empty.rows(); ++i) {
        run(kDropPartition, Params().add(empty.row(i).uint64(0)));
    }
}

void Restoration::commit() {
    const Result identities = run(kIdentities);
    for (int i = 0; i < identities.rows(); ++i) {
        const std::string table(identities.row(i).bytes(0));
        const std::string column(identities.row(i).bytes(1));
        script("SELECT setval(pg_get_serial_sequence('" + table + "', '" + column +
               "'), coalesce(max(" + column + "), 0) + 1, false) FROM " + table);
    }
    for (const auto& table : tables_) {
        if (table.forced) {
            script("ALTER TABLE " + table.name + " FORCE ROW LEVEL SECURITY");
        }
    }
    script("ANALYZE");  // the first plans must know the sizes
    script("COMMIT");
}

}  // namespace soma::backends
