#include "backends/postgres/schema/migrations.h"

#include <gtest/gtest.h>

#include <thread>

#include "backends/postgres/schema/maintenance.h"
#include "support/postgres/postgres_cluster.h"

namespace soma::backends {
namespace {

using test::PostgresWorld;

constexpr std::uint64_t kRows = 65'536;

Deadline soon() {
    return Deadline(std::chrono::seconds(30));
}

/// A database of one test's own in the shared cluster.
struct FreshDatabase {
    explicit FreshDatabase(const std::string& name) {
        test::PostgresCluster& cluster = PostgresWorld::shared().cluster;
        cluster.create_database(name);
        app = cluster.app(name);
        owner = cluster.owner(name);
    }
    ConnectionSettings app, owner;
};

TEST(Migrations, AreNumberedDensely) {
    for (std::size_t i = 0; i < migrations().size(); ++i) {
        EXPECT_EQ(std::stoul(std::string(migrations()[i].name.substr(0, 4))), i + 1);
    }
}

// A database as an earlier release left it: what was superseded then gets its time, and the table
// its row-level security back.
TEST(Migrations, FactsInTimeMendsWhatWasSupersededBefore) {
    const FreshDatabase database("facts_in_time");
    const auto owner = Connection::open(database.owner, soon());
    std::string_view last;
    for (const Migration& migration : migrations()) {
        if (migration.name == "0008_facts_in_time") {
            last = migration.sql;
            break;
        }
        owner->run_script(std::string(migration.sql), soon());
    }
    ASSERT_FALSE(last.empty());
    const auto app = Connection::open(database.app, soon());
    app->run_script(
        "BEGIN; SELECT set_config('soma.tenant', '00000000-0000-0000-0000-000000000001', true);"
        "INSERT INTO memories (tenant, id, sequence, log_index, created_at, valid_to, kind,"
        " superseded_by, superseded_sequence, subject_hmac, sealed)"
        " SELECT '00000000-0000-0000-0000-000000000001', id::uuid, n, n, at::timestamptz,"
        " till::timestamptz, '', by::uuid, s, decode(repeat('00', 32), 'hex'), ''"
        " FROM (VALUES"
        " ('00000000-0000-0000-0000-00000000000a', 1, '2024-01-01Z', '2024-01-02Z',"
        "  '00000000-0000-0000-0000-00000000000b', 2),"
        " ('00000000-0000-0000-0000-00000000000b', 2, '2024-01-02Z', '2024-01-03Z',"
        "  '00000000-0000-0000-0000-00000000000c', 3),"
        " ('00000000-0000-0000-0000-00000000000d', 4, '2024-01-04Z', NULL, NULL, NULL))"
        " AS row (id, n, at, till, by, s); COMMIT",
        soon());
    owner->run_script(std::string(last), soon());
    static constexpr Statement kRead{
        "test_superseded",
        "SELECT string_agg(COALESCE(superseded_at::date::text, 'never'), ' ' ORDER BY sequence)"
        " FROM memories"};
    const auto superuser =
        Connection::open(PostgresWorld::shared().cluster.superuser("facts_in_time"), soon());
    EXPECT_EQ(superuser->run(kRead, {}, soon()).row(0).bytes(0), "2024-01-02 2024-01-03 never");
    static constexpr Statement kForced{
        "test_forced", "SELECT relforcerowsecurity::text FROM pg_class WHERE relname = 'memories'"};
    EXPECT_EQ(superuser->run(kForced, {}, soon()).row(0).bytes(0), "true");
}

// Partitions that were there before an index and those that came after it.
TEST(Migrations, EveryPartitionHasEveryIndex) {
    const FreshDatabase database("indexes");
    const auto owner = Connection::open(database.owner, soon());
    owner->run_script("CREATE TABLE schema_migrations (number int)", soon());  // the runner's own
    for (const Migration& migration : migrations()) {
        owner->run_script(std::string(migration.sql), soon());
        if (migration.name == "0002_log" || migration.name == "0015_audit") {
            owner->run_script("SELECT events_add_partition(65536)", soon());
        }
    }
    static constexpr Statement kCount{
        "test_indexes",
        "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = 'events'::regclass AND indisvalid),"
        " array_agg(n)::text FROM (SELECT (SELECT count(*) FROM pg_index"
        "  WHERE indrelid = name::regclass AND indisvalid) AS n FROM events_partitions) p"};
    const Result found = owner->run(kCount, {}, soon());
    EXPECT_EQ(found.row(0).int64(0), 8);
    EXPECT_EQ(found.row(0).bytes(1), "{8,8}");
}

TEST(Migrations, ALogThatEndedIsKeptWithWhereItBegan) {
    const FreshDatabase database("former_logs");
    const auto owner = Connection::open(database.owner, soon());
    owner->run_script("CREATE TABLE schema_migrations (number int)", soon());  // the runner's own
    for (const Migration& migration : migrations()) {
        if (migration.name == "0015_audit") {
            // As an earlier release left it after a restore.
            owner->run_script(
                "SELECT events_keep_ahead(65536); UPDATE log SET size = 65537,"
                " first_index = 65536",
                soon());
            const auto superuser =
                Connection::open(PostgresWorld::shared().cluster.superuser("former_logs"), soon());
            superuser->run_script(
                "INSERT INTO events SELECT log_id, i, gen_random_uuid(), NULL, 'system', i + 1,"
                " now(), 'a', 'b', NULL, 'c', sha256('c') FROM (VALUES"
                " ('00000000-0000-0000-0000-00000000000a'::uuid, 0), ('00000000-0000-0000-0000-"
                "00000000000a', 1), ((SELECT log_id FROM log), 65536)) v (log_id, i)",
                soon());
        }
        owner->run_script(std::string(migration.sql), soon());
    }
    static constexpr Statement kFormer{
        "test_former",
        "SELECT coalesce(string_agg(first_index::text, ' ' ORDER BY first_index), '')"
        " FROM former_logs"};
    EXPECT_EQ(owner->run(kFormer, {}, soon()).row(0).bytes(0), "0");
    owner->run_script("UPDATE log SET size = 65540", soon());
    owner->run_script(
        "UPDATE log SET log_id = gen_random_uuid(), first_index = 131072,"
        " size = 131072",
        soon());
    EXPECT_EQ(owner->run(kFormer, {}, soon()).row(0).bytes(0), "0 65536");
    // One that ended before its first event was never there.
    owner->run_script("UPDATE log SET log_id = gen_random_uuid()", soon());
    EXPECT_EQ(owner->run(kFormer, {}, soon()).row(0).bytes(0), "0 65536");
    const auto app = Connection::open(database.app, soon());
    EXPECT_THROW(app->run_script("DELETE FROM former_logs", soon()), Error);
}

// What was taught under an earlier release goes on with coordinates that it did not know.
TEST(Migrations, LearntWeightsGetTheCoordinatesThatCameLater) {
    const FreshDatabase database("calibration");
    const auto owner = Connection::open(database.owner, soon());
    owner->run_script("CREATE TABLE schema_migrations (number int)", soon());  // the runner's own
    for (const Migration& migration : migrations()) {
        if (migration.name == "0020_calibration") {
            const auto app = Connection::open(database.app, soon());
            app->run_script(
                "BEGIN;"
                "SELECT set_config('soma.tenant', '00000000-0000-0000-0000-000000000001', true);"
                "INSERT INTO learning_weights SELECT '00000000-0000-0000-0000-000000000001', v,"
                " kind, v, now(), 1, NULL, n, n, g, CASE kind WHEN 'step' THEN 1 END, NULL, NULL,"
                " '{1,2}', 0, '{0,0,0,0,0,0}', '{0,0,0,0}' FROM array_fill(0.5::float8, '{11}') AS "
                "n,"
                " (VALUES (1, 'step', array_fill(0.25::float8, '{11}')), (2, 'projection', NULL))"
                " AS row (v, kind, g); COMMIT",
                soon());
        }
        owner->run_script(std::string(migration.sql), soon());
    }
    static constexpr Statement kRead{
        "test_widened",
        "SELECT string_agg(concat_ws(' ', cardinality(before), after[11], after[12], after[17],"
        " coalesce(gradient[17]::text, 'none'), squares::text), ', ' ORDER BY version),"
        " (SELECT relforcerowsecurity::text FROM pg_class WHERE relname = 'learning_weights')"
        " FROM learning_weights"};
    const auto superuser =
        Connection::open(PostgresWorld::shared().cluster.superuser("calibration"), soon());
    const Result found = superuser->run(kRead, {}, soon());
    EXPECT_EQ(found.row(0).bytes(0), "17 0.5 0 0 0 {1,2,0}, 17 0.5 0 0 none {1,2,0}");
    EXPECT_EQ(found.row(0).bytes(1), "true");
}

TEST(Migrations, ApplyOnceAndRefuseAChangedHistory) {
    const FreshDatabase database("history");
    const auto app = Connection::open(database.app, soon());
    try {
        check_schema(*app, soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
    // Two processes at once: one does it, the other finds it done.
    std::vector<std::string> other;
    std::thread second([&] { other = migrate(database.owner, kRows, soon()); });
    const auto names = migrate(database.owner, kRows, soon());
    second.join();
    EXPECT_EQ(names.size() + other.size(), migrations().size());
    EXPECT_TRUE(migrate(database.owner, kRows, soon()).empty());
    check_schema(*app, soon());

    const auto owner = Connection::open(database.owner, soon());
    owner->run_script("UPDATE schema_migrations SET sha256 = 'x' WHERE number = 2", soon());
    EXPECT_THROW(migrate(database.owner, kRows, soon()), Error);
    EXPECT_THROW(check_schema(*app, soon()), Error);
}

TEST(Migrations, RefuseADatabaseNewerThanTheBinary) {
    const FreshDatabase database("newer");
    migrate(database.owner, kRows, soon());
    const auto owner = Connection::open(database.owner, soon());
    owner->run_script("INSERT INTO schema_migrations VALUES (9999, '9999_later', 'x')", soon());
    try {
        migrate(database.owner, kRows, soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::conflict);
    }
}

TEST(Maintenance, KeepsTwoPartitionsAheadAndDropsOnlyTheOldestFullOne) {
    const FreshDatabase database("partitions");
    migrate(database.owner, kRows, soon());
    ConnectionPool app(database.app, 1);
    Maintenance maintenance(app);
    EXPECT_EQ(maintenance.keep_partitions_ahead(kRows, soon()), 0);
    const auto owner = Connection::open(database.owner, soon());
    static constexpr Statement kEnds{
        "ends", "SELECT min(first_index), max(end_index), count(*) FROM events_partitions"};
    EXPECT_EQ(owner->run(kEnds, {}, soon()).row(0).int64(1), 3 * 65'536);
    EXPECT_THROW(owner->run_script("SELECT events_drop_partition(0)", soon()), Error) << "in use";

    // The second partition begins: one more is made, two of twice the size later.
    owner->run_script("UPDATE log SET size = 65536", soon());
    EXPECT_THROW(maintenance.keep_partitions_ahead(7'000, soon()), Error)
        << "tiles would cross partitions";
    EXPECT_EQ(maintenance.keep_partitions_ahead(kRows, soon()), 1);
    owner->run_script("UPDATE log SET size = 200000", soon());
    EXPECT_EQ(maintenance.keep_partitions_ahead(2 * kRows, soon()), 2);
    EXPECT_EQ(owner->run(kEnds, {}, soon()).row(0).int64(1), 8 * 65'536);

    EXPECT_THROW(owner->run_script("SELECT events_drop_partition(65536)", soon()), Error)
        << "not the oldest";
    const auto service = Connection::open(database.app, soon());
    EXPECT_THROW(service->run_script("SELECT events_drop_partition(0)", soon()), Error)
        << "not the service's to drop";
    owner->run_script("SELECT events_drop_partition(0)", soon());
    EXPECT_EQ(owner->run(kEnds, {}, soon()).row(0).int64(0), 65'536);
}

TEST(Maintenance, PrunesWhatHasOutlivedItsTime) {
    PostgresWorld& world = PostgresWorld::shared();
    const TenantRow tenant = world.tenant();
    const auto app = Connection::open(world.cluster.app(), soon());
    app->run_script(
        "BEGIN; SELECT set_config('soma.tenant', '" + tenant.id.to_string() +
            "', true);"
            "INSERT INTO idempotency_keys SELECT '" +
            tenant.id.to_string() +
            "', sha256(n::text::bytea), sha256('r'), 'a', now() - n * interval '10 hours'"
            " FROM generate_series(1, 4) n; COMMIT",
        soon());
    Maintenance maintenance(world.app);
    EXPECT_EQ(maintenance.prune(wall_clock_now(), std::chrono::hours(24), soon()), 2U);
    EXPECT_EQ(maintenance.prune(wall_clock_now(), std::chrono::hours(24), soon()), 0U);
}

}  // namespace
}  // namespace soma::backends
