#include <gtest/gtest.h>

#include "backends/postgres/connection.h"
#include "support/postgres/postgres_cluster.h"

namespace soma::backends {
namespace {

using test::PostgresWorld;

Deadline soon() {
    return Deadline(std::chrono::seconds(10));
}

/// SQLSTATE of a script, "" when it goes through.
std::string sqlstate(Connection& connection, const std::string& sql) {
    try {
        connection.run_script(sql, soon());
        return "";
    } catch (const PostgresError& error) {
        return error.sqlstate();
    }
}

constexpr const char* kDenied = "42501";

class RowLevelSecurityTest : public ::testing::Test {
  protected:
    RowLevelSecurityTest() {
        app->run_script("BEGIN; " + as(mine) + insert(mine) + insert_others(mine) + "COMMIT",
                        soon());
        app->run_script("BEGIN; " + as(theirs) + insert(theirs) + insert_others(theirs) + "COMMIT",
                        soon());
    }
    static std::string as(const TenantRow& tenant) {
        return "SET LOCAL soma.tenant = '" + tenant.id.to_string() + "'; ";
    }
    static std::string insert(const TenantRow& tenant) {
        return "INSERT INTO memories (tenant, id, sequence, log_index, created_at, kind,"
               " subject_hmac, sealed) VALUES ('" +
               tenant.id.to_string() +
               "', gen_random_uuid(), 1, 0, now(), 'fact', sha256('s'), 'x'); ";
    }
    static std::string insert_others(const TenantRow& tenant) {
        const std::string id = tenant.id.to_string();
        return "INSERT INTO embeddings VALUES ('" + id +
               "', gen_random_uuid(), 0, 1, 'x');"
               "INSERT INTO idempotency_keys VALUES ('" +
               id +
               "', sha256('k'), sha256('r'), 'a', now());"
               "INSERT INTO evaluations VALUES ('" +
               id +
               "', gen_random_uuid(), NULL, sha256('s'), 0, 1, now(), now() + '1 hour', 'x');"
               "INSERT INTO feedback_events VALUES ('" +
               id +
               "', gen_random_uuid(), gen_random_uuid(), NULL, sha256('s'), 1, 0, now(),"
               " now() + '1 hour', sha256('r'), 'x');"
               "INSERT INTO token_usage VALUES ('" +
               id +
               "', gen_random_uuid(), now(), 1, NULL);"
               "INSERT INTO ended_sessions VALUES ('" +
               id +
               "', sha256('s'), 0);"
               "INSERT INTO links VALUES ('" +
               id +
               "', gen_random_uuid(), gen_random_uuid(), 'next', 1, now(), now(), 1, 0);"
               "INSERT INTO flow_verdicts SELECT '" +
               id +
               "', 1, now(), id, ARRAY[id] FROM gen_random_uuid() AS id;"
               "INSERT INTO learning_weights SELECT '" +
               id +
               "', 1, 'projection', 1, now(), 1, NULL, n, n, NULL, NULL, NULL, NULL, '{0,0,0}', 0,"
               " '{0,0,0,0,0,0}', '{0,0,0,0}' FROM array_fill(0::float8, '{17}') AS n;"
               "INSERT INTO erasures SELECT '" +
               id +
               "', id, sha256('s'), uuid_send(id), 'keys_owed', now(), NULL, now(), 1, 1, 0,"
               " 0, 0, 0, 0, 0, NULL FROM gen_random_uuid() AS id;";
    }
    std::int64_t count(const std::string& from, const std::string& setting) {
        const std::string name = "count " + from;
        const std::string sql = "SELECT count(*) FROM " + from;
        const auto fresh = Connection::open(world.cluster.app(), soon());
        fresh->run_script(setting, soon());
        return fresh->run(Statement{name.c_str(), sql.c_str()}, {}, soon()).row(0).int64(0);
    }

    PostgresWorld& world = PostgresWorld::shared();
    const TenantRow mine = world.tenant();
    const TenantRow theirs = world.tenant();
    std::unique_ptr<Connection> app = Connection::open(world.cluster.app(), soon());
};

TEST_F(RowLevelSecurityTest, EveryTenantsTableHasItForced) {
    static constexpr Statement kOpen{
        "open_tables",
        "SELECT string_agg(c.relname, ' ') FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'streams'"
        " AND c.relnamespace = 'public'::regnamespace"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"};
    const Result result = app->run(kOpen, {}, soon());
    EXPECT_TRUE(result.row(0).is_null(0)) << result.row(0).optional_bytes(0).value_or("");
}

TEST_F(RowLevelSecurityTest, WithoutATenantNothingIsSeen) {
    for (const char* table :
         {"memories", "embeddings", "idempotency_keys", "evaluations", "feedback_events",
          "token_usage", "flow_verdicts", "learning_weights", "erasures", "events"}) {
        EXPECT_EQ(count(table, "SELECT 1"), 0) << table;
        EXPECT_EQ(count(table, "SET soma.tenant = ''"), 0) << table;
    }
}

TEST_F(RowLevelSecurityTest, ATenantSeesItsOwnRowsAlone) {
    const std::string setting = "SET soma.tenant = '" + mine.id.to_string() + "'";
    for (const std::string table : {"memories", "embeddings", "idempotency_keys", "evaluations",
                                    "feedback_events", "token_usage", "ended_sessions", "links",
                                    "flow_verdicts", "learning_weights", "erasures"}) {
        EXPECT_EQ(count(table, setting), 1) << table;
        EXPECT_EQ(count(table + " WHERE tenant = '" + theirs.id.to_string() + "'", setting), 0)
            << table;
    }
}

TEST_F(RowLevelSecurityTest, ATenantWritesItsOwnRowsAlone) {
    EXPECT_EQ(sqlstate(*app, "BEGIN; " + as(mine) + insert(theirs) + "COMMIT"), kDenied);
    app->run_script("ROLLBACK", soon());
    app->run_script("BEGIN; " + as(mine) +
                        "DELETE FROM memories; UPDATE evaluations SET sealed = 'y';"
                        "COMMIT",
                    soon());
    EXPECT_EQ(count("memories", "SET soma.tenant = '" + theirs.id.to_string() + "'"), 1);
    EXPECT_EQ(count("evaluations WHERE sealed = 'y'",
                    "SET soma.tenant = '" + theirs.id.to_string() + "'"),
              0);
    EXPECT_EQ(sqlstate(*app, "BEGIN; " + as(mine) + "UPDATE evaluations SET tenant = '" +
                                 theirs.id.to_string() + "'; COMMIT"),
              kDenied);
}

TEST_F(RowLevelSecurityTest, EventsAreAppendedAndNothingElse) {
    const std::string event =
        "INSERT INTO events VALUES (gen_random_uuid(), 0, gen_random_uuid(), '" +
        mine.id.to_string() + "', 'state', 1, now(), 'a', 'b', '', 'body', sha256('l')); ";
    EXPECT_EQ(sqlstate(*app, event), kDenied);
    EXPECT_EQ(sqlstate(*app, "UPDATE events SET actor = 'x'"), kDenied);
    EXPECT_EQ(sqlstate(*app, "DELETE FROM events"), kDenied);
    EXPECT_EQ(sqlstate(*app, "TRUNCATE events"), kDenied);
    const std::string writer = "BEGIN; SET LOCAL ROLE soma_events_writer; ";
    EXPECT_EQ(sqlstate(*app, writer + event + "COMMIT"), "");
    for (const char* forbidden :
         {"SELECT * FROM events", "UPDATE events SET actor = 'x'", "DELETE FROM events",
          "SELECT * FROM memories", "INSERT INTO streams SELECT * FROM streams"}) {
        EXPECT_EQ(sqlstate(*app, writer + forbidden), kDenied) << forbidden;
        app->run_script("ROLLBACK", soon());
    }
}

TEST_F(RowLevelSecurityTest, ThePartitionsAreClosed) {
    EXPECT_EQ(sqlstate(*app, "SELECT * FROM events_0"), kDenied);
    EXPECT_EQ(sqlstate(*app,
                       "BEGIN; SET LOCAL ROLE soma_events_writer; INSERT INTO events_0 SELECT"
                       " * FROM events_0"),
              kDenied);
}

TEST_F(RowLevelSecurityTest, TheServiceIsNoOwner) {
    for (const char* forbidden :
         {"SET ROLE soma_owner", "SET ROLE soma_relay", "CREATE TABLE t (x int)",
          "DROP TABLE memories", "ALTER TABLE memories DISABLE ROW LEVEL SECURITY",
          "UPDATE tenants SET name = 'x'", "UPDATE streams SET name = 'access'",
          "DELETE FROM streams", "UPDATE log SET log_id = NULL",
          "INSERT INTO tenants SELECT * FROM tenants"}) {
        EXPECT_EQ(sqlstate(*app, forbidden), kDenied) << forbidden;
    }
}

}  // namespace
}  // namespace soma::backends
