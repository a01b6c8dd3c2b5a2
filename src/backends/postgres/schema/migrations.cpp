#include "backends/postgres/schema/migrations.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

// Any number will do, so long as every version of this program uses the same.
constexpr Statement kLock{"migrate_lock", "SELECT pg_advisory_lock(7316229408)"};
constexpr Statement kUnlock{"migrate_unlock", "SELECT pg_advisory_unlock(7316229408)"};
constexpr Statement kApplied{"migrate_applied",
                             "SELECT name, sha256 FROM schema_migrations ORDER BY number"};
constexpr Statement kKeepAhead{"migrate_keep_ahead", "SELECT events_keep_ahead($1::bigint)"};

constexpr const char* kMakeTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now());"
    "GRANT SELECT ON schema_migrations TO soma_app";

/// How many are applied; throws when they are not the first of ours, unchanged.
std::size_t count_applied(Connection& connection, const Deadline& deadline) {
    const Result applied = connection.run(kApplied, {}, deadline);
    const auto count = static_cast<std::size_t>(applied.rows());
    if (count > migrations().size()) {
        throw Error(ErrorKind::conflict, "the database is newer than this binary",
                    "it has " + std::to_string(count) + " migrations, the binary " +
                        std::to_string(migrations().size()));
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Migration& ours = migrations()[i];
        const RowView theirs = applied.row(static_cast<int>(i));
        if (theirs.bytes(0) != ours.name || theirs.bytes(1) != to_hex(sha256(ours.sql))) {
            throw Error(ErrorKind::conflict, "an applied migration has changed since",
                        std::string(ours.name) + " is not what was applied as " +
                            std::string(theirs.bytes(0)));
        }
    }
    return count;
}

void apply(Connection& connection, std::size_t index, const Deadline& deadline) {
    const Migration& migration = migrations()[index];
    // One text without BEGIN is one transaction: the file and its row come together. The name and
    // the checksum are our own letters and digits.
    const std::string script = std::string(migration.sql) +
                               "\n;INSERT INTO schema_migrations (number, name, sha256) VALUES (" +
                               std::to_string(index + 1) + ", '" + std::string(migration.name) +
                               "', '" + to_hex(sha256(migration.sql)) + "')";
    try {
        connection.run_script(script, deadline);
    } catch (const PostgresError& error) {
        throw Error(error.kind(), "migration " + std::string(migration.name) + " failed",
                    error.detail());
    }
}

}  // namespace

domain::SchemaVersion schema_version() {
    Sha256 digest;
    for (const Migration& migration : migrations()) {
        digest.add(migration.name);
        digest.add(sha256(migration.sql));
    }
    return {std::string(migrations().back().name), to_hex(digest.finish())};
}

std::vector<std::string> migrate(const ConnectionSettings& settings,
                                 std::uint64_t events_partition_rows, const Deadline& deadline) {
    const auto connection = Connection::open(settings, deadline);
    // A migration may rewrite a large table; the deadline bounds it.
    connection->run_script("SET statement_timeout = 0", deadline);
    connection->run(kLock, {}, deadline);  // the session's end releases it too
    connection->run_script(kMakeTable, deadline);
    std::vector<std::string> names;
    for (std::size_t i = count_applied(*connection, deadline); i < migrations().size(); ++i) {
        apply(*connection, i, deadline);
        names.emplace_back(migrations()[i].name);
    }
    Params rows;
    rows.add(events_partition_rows);
    connection->run(kKeepAhead, rows, deadline);
    connection->run(kUnlock, {}, deadline);
    return names;
}

void check_schema(Connection& connection, const Deadline& deadline) {
    std::size_t applied = 0;
    try {
        applied = count_applied(connection, deadline);
    } catch (const PostgresError& error) {
        if (error.sqlstate() != "42P01" && error.sqlstate() != "42501") {  // no table, no right
            throw;
        }
    }
    if (applied != migrations().size()) {
        throw Error(ErrorKind::unavailable, "the database is not migrated: run `somabrain migrate`",
                    std::to_string(applied) + " of " + std::to_string(migrations().size()) +
                        " migrations applied");
    }
}

}  // namespace soma::backends
