#include "services/backup/restore.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "backends/postgres/backup/restoration.h"
#include "backends/postgres/backup/snapshot.h"
#include "base/encoding.h"
#include "services/backup/backup.h"
#include "services/commit/record_answer.h"
#include "services/replay/replayer.h"
#include "support/living_core.h"
#include "support/redis/buffer_server.h"

namespace soma::services {
namespace {

namespace fs = std::filesystem;
using test::LivingCore;

constexpr std::uint64_t kPartitionRows = 65'536;

Deadline soon() {
    return Deadline(std::chrono::seconds(60));
}

class RestoreTest : public ::testing::Test {
  protected:
    RestoreTest() {
        std::string name = (fs::temp_directory_path() / "soma-backup-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    ~RestoreTest() override { fs::remove_all(folder); }

    /// A migrated database of its own in the shared cluster.
    std::string fresh_database() {
        static int number = 0;
        const std::string name = "restored_" + std::to_string(++number);
        core.world.cluster.create_database(name);
        backends::migrate(core.world.cluster.owner(name), kPartitionRows, soon());
        return name;
    }
    RestoreReport restore_into(const std::string& name) {
        return restore(core.world.cluster.owner(name), keyring, folder / "backup", kPartitionRows,
                       wall_clock_now(), soon());
    }
    void back_up_all() {
        back_up(core.world.cluster.owner(), folder / "backup", wall_clock_now(), soon());
    }
    std::int64_t number(const std::string& database, const std::string& sql) {
        const auto connection =
            backends::Connection::open(core.world.cluster.superuser(database), soon());
        const std::string cast = "SELECT (" + sql + ")::bigint";
        return connection->run(backends::Statement{"number", cast.c_str()}, {}, soon())
            .row(0)
            .int64(0);
    }
    std::string memories_of(const std::string& subject) {
        const auto keys = core.keyring.tenant(tenant.id, soon());
        return "SELECT count(*) FROM memories WHERE subject_hmac = decode('" +
               to_hex(keys->subject_hmac(subject)) + "', 'hex')";
    }
    void remember(const std::string& text, const std::string& subject) {
        somabrain::v1::RememberRequest item;
        item.set_text(text);
        item.set_subject(subject);
        core.remember(tenant, item);
    }
    void destroy_key(const std::string& subject) {
        const auto id = to_hex(core.keyring.tenant(tenant.id, soon())->subject_hmac(subject));
        core.vault.erase("subjects/" + tenant.id.to_string() + "/" + id, soon());
        core.keyring.forget(tenant.id, id);
    }

    LivingCore core;
    Keyring keyring{core.vault};  ///< of the process that restores: it has met no key yet
    backends::TenantRow tenant = core.tenant();
    fs::path folder;
};

TEST_F(RestoreTest, ASubjectThatHasANewKeyIsErasedAsOneThatHasNone) {
    remember("Eve has a cat.", "eve");
    remember("Bob has a dog.", "bob");
    remember("Ada has a bird.", "ada");
    back_up_all();
    destroy_key("eve");
    destroy_key("bob");
    remember("Bob begins anew.", "bob");  // under a new key, which opens nothing of before
    const std::string name = fresh_database();
    const auto report = restore_into(name);
    ASSERT_EQ(report.restored.erased.size(), 2U);
    EXPECT_EQ(number(name, memories_of("eve")), 0);
    EXPECT_EQ(number(name, memories_of("bob")), 0);
    EXPECT_EQ(number(name, memories_of("ada")), 1);
    EXPECT_EQ(number(name,
                     "SELECT count(*) FROM embeddings e WHERE NOT EXISTS"
                     " (SELECT FROM memories m WHERE m.id = e.memory_id)"),
              0);
    EXPECT_EQ(number(name, "SELECT count(*) FROM events WHERE action = 'subject.erase'"), 2);
    EXPECT_EQ(number("soma", memories_of("bob")), 2) << "the database backed up stays as it is";
    // Other tests back this database up as well: what no key opens must not be in it.
    const auto superuser = backends::Connection::open(core.world.cluster.superuser(), soon());
    for (const char* table : {"memories", "embeddings"}) {
        superuser->run_script(
            std::string("DELETE FROM ") + table + " WHERE tenant = '" + tenant.id.to_string() + "'",
            soon());
    }
}

TEST_F(RestoreTest, OrdersWhatIsWrittenNextBehindWhatWasThere) {
    core.remember(tenant, "first", "talk");
    back_up_all();
    const std::string name = fresh_database();
    const auto report = restore_into(name);
    EXPECT_GE(report.next.first_index, report.restored.former.size);
    EXPECT_EQ(number(name, "SELECT first_index FROM log"),
              static_cast<std::int64_t>(report.next.first_index));
    EXPECT_EQ(number(name, "SELECT size FROM log"), static_cast<std::int64_t>(report.next.size));

    backends::ConnectionPool pool(core.world.cluster.app(name), 2);
    backends::Tenants tenants(pool);
    const auto restored = *tenants.find(tenant.id, soon());
    EXPECT_NE(restored.epoch, tenant.epoch);
    Committer committer(core.world.cluster.app(name));
    committer.start();
    Writer writer(keyring, committer, core.working_memory, core.ids);
    Preparer preparer(keyring, test::embedder(), core.ids);
    Remember stories(preparer, writer, core.working_memory);
    somabrain::v1::RememberRequest item;
    item.set_text("second");
    item.set_session_id("talk");
    const auto context = LivingCore::request("Memory.Remember");
    EXPECT_EQ(stories.one(context, LivingCore::admitted(restored, context), item).sequence(), 2U);
    backends::Sessions sessions(pool);
    const auto session = keyring.tenant(tenant.id, soon())->session_hmac("talk");
    const auto tail = sessions.tail(tenant.id, session, 10, wall_clock_now(), soon());
    ASSERT_EQ(tail.rows.size(), 2U);
    EXPECT_LT(tail.rows[0].created_at, tail.rows[1].created_at);
    EXPECT_GE(tail.rows[1].log_index, report.next.size);
}

// Whoever ran through a restore has the old state in memory, and its events would go to a log that
// knows nothing of them.
TEST_F(RestoreTest, AServiceThatRanThroughARestoreAnswersNoMore) {
    back_up_all();
    const std::string name = fresh_database();
    restore_into(name);
    backends::ConnectionPool pool(core.world.cluster.app(name), 2);
    const auto restored = *backends::Tenants(pool).find(tenant.id, soon());
    Committer committer(core.world.cluster.app(name));
    committer.start();
    Writer writer(keyring, committer, core.working_memory, core.ids);
    Session story(keyring, writer, core.working_memory);
    somabrain::v1::EndSessionRequest asked;
    asked.set_id("talk");
    const auto end = [&] {
        const auto context = LivingCore::request("Brain.EndSession");
        story.end(context, LivingCore::admitted(restored, context), asked);
    };
    end();
    end();  // presumes what the first one left
    // Another log that by chance stands at the same numbers.
    const auto superuser = backends::Connection::open(core.world.cluster.superuser(name), soon());
    superuser->run_script("UPDATE log SET log_id = gen_random_uuid()", soon());
    for (int i = 0; i < 2; ++i) {
        const auto error = test::error_of(end);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->kind(), ErrorKind::unavailable);
        EXPECT_NE(error->public_message().find("restarted"), std::string::npos)
            << error->public_message();
    }
}

TEST_F(RestoreTest, NorDoesItAnswerByWayOfTheBuffer) {
    back_up_all();
    const std::string name = fresh_database();
    restore_into(name);
    backends::ConnectionPool pool(core.world.cluster.app(name), 2);
    backends::Tenants tenants(pool);
    const auto restored = *tenants.find(tenant.id, soon());
    const test::BufferServer server;
    backends::AuditStream buffer(server.config());
    CommitterOptions options;
    options.buffer = &buffer;
    Committer committer(core.world.cluster.app(name), options);
    committer.start();
    domain::EventDraft event;
    event.id = core.ids.next(wall_clock_now());
    event.action = "recall";
    const auto record = [&] {
        record_answer(committer, restored.streams(), wall_clock_now(), event, soon());
    };
    record();
    const auto superuser = backends::Connection::open(core.world.cluster.superuser(name), soon());
    superuser->run_script("UPDATE log SET log_id = gen_random_uuid()", soon());
    committer.outage().begin();  // the restore took its time
    Replayer replayer(buffer, tenants, committer);
    record();
    EXPECT_EQ(buffer.length(), 1U);
    EXPECT_TRUE(test::error_of([&] { replayer.drain(soon()); }));
    EXPECT_FALSE(committer.outage().goes_on()) << "PostgreSQL is back, with another log";
    for (int i = 0; i < 2; ++i) {
        const auto error = test::error_of(record);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->kind(), ErrorKind::unavailable);
    }
    EXPECT_EQ(buffer.length(), 1U) << "what waits there is for a process of the new log";
}

TEST_F(RestoreTest, WhatWasNotCommittedWasNeverThere) {
    back_up_all();
    const std::string name = fresh_database();
    {
        backends::Restoration database(core.world.cluster.owner(name), soon());
        database.open(1, kPartitionRows);
    }
    EXPECT_EQ(number(name, "SELECT count(*) FROM log"), 1);
    EXPECT_EQ(number(name, "SELECT count(*) FROM streams"), 1);
    EXPECT_EQ(number(name,
                     "SELECT count(*) FROM pg_class WHERE relname = 'memories'"
                     " AND relforcerowsecurity"),
              1);
    restore_into(name);
    EXPECT_GT(number(name, "SELECT count(*) FROM tenants"), 0);
}

TEST_F(RestoreTest, EveryTableIsThereWithEveryRow) {
    remember("A memory.", "ada");
    core.evaluate(tenant, "A question?", "talk");
    back_up_all();
    const std::string name = fresh_database();
    const auto report = restore_into(name);
    const auto connection = backends::Connection::open(core.world.cluster.owner(name), soon());
    const auto tables = backends::tables_to_copy(*connection, soon());
    EXPECT_GE(tables.size(), 13U);
    for (const auto& table : tables) {
        // The restore writes into these itself: its event, and where the log before it began.
        if (table.name != "events" && table.name != "former_logs") {
            EXPECT_EQ(number(name, "SELECT count(*) FROM " + table.name),
                      number("soma", "SELECT count(*) FROM " + table.name))
                << table.name;
        }
    }
    EXPECT_EQ(number(name, "SELECT count(*) FROM events"),
              number("soma", "SELECT count(*) FROM events") + 1);
    EXPECT_EQ(number(name, "SELECT count(*) FROM former_logs"),
              number("soma", "SELECT count(*) FROM former_logs") + 1);
    // The owner cannot insert at other times: row-level security is forced again.
    EXPECT_THROW(connection->run_script("INSERT INTO token_usage VALUES (gen_random_uuid(),"
                                        " gen_random_uuid(), now(), 1, NULL)",
                                        soon()),
                 backends::PostgresError);
    // Generated numbers go on behind the restored ones.
    backends::ConnectionPool owner(core.world.cluster.owner(name), 1);
    const auto generation =
        backends::Tenants(owner).ensure_model_generation("another model", 7, soon());
    EXPECT_GT(generation, tenant.model_generation);
    EXPECT_GT(report.tenants, 0U);
}

TEST_F(RestoreTest, ATableWhoseRowsTheOwnerCannotSeeStopsTheBackup) {
    const std::string name = fresh_database();
    const auto superuser = backends::Connection::open(core.world.cluster.superuser(name), soon());
    superuser->run_script("DROP POLICY owner_reads ON links", soon());
    const auto error = test::error_of([&] {
        back_up(core.world.cluster.owner(name), folder / "backup", wall_clock_now(), soon());
    });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::internal);
    EXPECT_NE(error->detail().find("links"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder / "backup"));
    EXPECT_FALSE(fs::exists(folder / "backup.partial"));
}

}  // namespace
}  // namespace soma::services
