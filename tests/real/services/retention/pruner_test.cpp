#include "services/retention/pruner.h"

#include <filesystem>
#include <thread>

#include "services/backup/backup.h"
#include "services/backup/restore.h"
#include "services/ledger/checkpointer.h"
#include "services/relay/relay.h"
#include "support/law/lawgivers.h"
#include "support/redis/buffer_server.h"
#include "support/stores/kafka_broker.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using test::Lawgivers;
using test::LivingCore;

constexpr std::uint64_t kRows = 65'536;
/// Events in the second partition: the relay's last transaction begins there.
constexpr std::uint64_t kTail = 1'000;
constexpr const char* kOrigin = "test.local/ledger";

/// A ledger of a partition and a bit, 100 days old, relayed, signed and archived: made once. Tests
/// change copies of its archive.
class OldLedger {
  public:
    OldLedger() {
        backends::migrate(cluster.owner(), kRows, LivingCore::soon());
        test::shared_broker().make(relay_topics());
        write(kRows + kTail);
        before_relay = prune(bucket).kept_because;
        relay("soma");
        archive("soma", bucket);
        // An erasure that began in the first partition and is done.
        sql("UPDATE events SET tenant = '" + tenant.to_string() +
            "', stream = 'state', stream_sequence = 1 WHERE log_index = 5;"
            "INSERT INTO erasures VALUES ('" +
            tenant.to_string() + "', '" + erasure.to_string() +
            "', sha256('s'), substr(sha256('k'), 1, 16), 'done', now(), now(), now(), 1, 2,"
            " 0, 0, 0, 0, 0, 0, 'receipt')");
    }

    static OldLedger& shared() {
        static OldLedger ledger;
        return ledger;
    }

    void sql(const std::string& script, const std::string& database = "soma") {
        auto patient = cluster.superuser(database);
        patient.statement_timeout = 60s;
        backends::Connection::open(patient, LivingCore::soon())
            ->run_script(script, LivingCore::soon());
    }
    std::uint64_t number(const std::string& what, const std::string& database = "soma") {
        const std::string text = "SELECT (" + what + ")::bigint";
        return backends::Connection::open(cluster.superuser(database), LivingCore::soon())
            ->run(backends::Statement{"number", text.c_str()}, {}, LivingCore::soon())
            .row(0)
            .uint64(0);
    }
    /// `count` more events of stream `system`.
    void write(std::uint64_t count) {
        sql("INSERT INTO events SELECT log_id, n, gen_random_uuid(), NULL, 'system', n + 1,"
            " now() - interval '100 days', 'tester', 'test', NULL, body, sha256('\\x00' || body)"
            " FROM log, LATERAL (SELECT n, convert_to(format('{\"stream\":\"system\","
            "\"stream_sequence\":%s,\"tenant\":null,\"v\":1}', n + 1), 'UTF8') AS body"
            "  FROM generate_series(size, size + " +
            std::to_string(count) +
            " - 1) n) t;"
            "UPDATE log SET size = size + " +
            std::to_string(count) +
            "; UPDATE streams SET sequence = size FROM log WHERE name = 'system'");
    }
    /// Until nothing is owed to Kafka.
    void relay(const std::string& database) {
        auto login = cluster.app(database);
        login.user = "soma_relay";
        login.password = test::PostgresCluster::kRelayPassword;
        RelaySettings settings;
        settings.postgres = login;
        settings.kafka = test::shared_broker().settings();
        auto& lag = telemetry::metrics().gauge("somabrain_relay_lag_events");
        lag.Set(1);
        Relay relay(settings);
        relay.start();
        const Deadline patience(120s);
        while ((relay.health().state != RelayState::relaying || lag.Value() > 0) &&
               !patience.passed()) {
            std::this_thread::sleep_for(5ms);
        }
        EXPECT_EQ(relay.health().trouble, "");
        EXPECT_EQ(lag.Value(), 0);
    }
    void archive(const std::string& database, const backends::ObjectStoreConfig& where) {
        CheckpointerSettings settings{.origin = kOrigin};
        settings.sign_after = 0ms;
        settings.archive_every = 0s;
        backends::ObjectStore objects(where);
        TileArchive tiles(objects, days(1));
        Witnessing nobody({}, cluster.app(database));
        Checkpointer checkpointer(settings, cluster.app(database), vault, tiles, nobody);
        const auto size = number("SELECT size - first_index FROM log", database);
        const Deadline patience(120s);
        do {
            checkpointer.round(Deadline(30s));
        } while (
            (checkpointer.health().signed_leaves < size || checkpointer.health().owed_tiles > 0) &&
            !patience.passed());
        checkpointer.round(Deadline(30s));
        EXPECT_EQ(checkpointer.health().trouble + checkpointer.health().archive_trouble, "");
    }
    PruneReport prune(const backends::ObjectStoreConfig& where, days keep = days(30),
                      Time now = wall_clock_now(), const std::string& database = "soma",
                      const Deadline& deadline = Deadline(120s)) {
        backends::ObjectStore objects(where);
        return Pruner({.origin = kOrigin, .keep = keep, .most = 5}, cluster.owner(database),
                      test::shared_broker().settings(), buffer, objects, vault)
            .run(now, deadline);
    }
    std::string log_id(const std::string& database = "soma") {
        static constexpr backends::Statement kLog{"test_log", "SELECT log_id FROM log"};
        return backends::Connection::open(cluster.superuser(database), LivingCore::soon())
            ->run(kLog, {}, LivingCore::soon())
            .row(0)
            .uuid(0)
            .to_string();
    }
    /// What of the archive the first tile rests on, by path in the log.
    std::map<std::string, std::string> files_of_first_tile() {
        const std::string folder = "ledger/" + log_id() + "/";
        backends::ObjectStore objects(bucket);
        std::map<std::string, std::string> out;
        for (const char* part : {"checkpoints/", "tile/1/", "tile/2/", "tile/0/000",
                                 "tile/entries/000", "tile/0/259"}) {
            for (const auto& each : objects.first_versions(folder + part, LivingCore::soon())) {
                out[each.name] = *objects.read(each, LivingCore::soon());
            }
        }
        return out;
    }

    test::PostgresCluster cluster;
    backends::ObjectStoreConfig bucket = Lawgivers::new_bucket();
    backends::Vault vault{Lawgivers::bao().login("vault")};
    test::BufferServer buffer_server;
    backends::AuditStream buffer{buffer_server.config()};
    std::string before_relay;
    const Uuid tenant = Uuid::from_bytes(random_bytes(16));
    const Uuid erasure = Uuid::from_bytes(random_bytes(16));
};

class PrunerTest : public ::testing::Test {
  protected:
    /// Why the partition is kept when its archive is as `files` say; nothing is dropped.
    std::string kept_with(const std::map<std::string, std::string>& files,
                          const std::string& unlocked = "") {
        const auto bucket = Lawgivers::new_bucket();
        backends::ObjectStore objects(bucket);
        for (const auto& [name, bytes] : files) {
            if (name == unlocked) {
                const auto answer = Lawgivers::storage().as_root(
                    {"PUT", "/" + bucket.bucket + "/" + name, bytes, {}});
                EXPECT_EQ(answer.status, 200) << answer.body;
            } else {
                objects.put_locked(name, bytes, wall_clock_now() + days(1), LivingCore::soon());
            }
        }
        const auto report = ledger.prune(bucket);
        EXPECT_TRUE(report.dropped.empty());
        return report.kept_because;
    }

    OldLedger& ledger = OldLedger::shared();
    const std::string folder = "ledger/" + ledger.log_id() + "/";
};

TEST_F(PrunerTest, WhatKafkaDoesNotHaveIsKept) {
    EXPECT_EQ(ledger.before_relay,
              "leaves 0 to 65535 of log " + ledger.log_id() + " are not known to be in Kafka");
}

TEST_F(PrunerTest, WhatIsYoungIsKept) {
    const auto report = ledger.prune(ledger.bucket, days(200));
    EXPECT_TRUE(report.dropped.empty());
    EXPECT_TRUE(report.kept_because.starts_with("its newest event is of 20"));
}

/// Its event may be in the partition, written by a replay that died before it removed the entry;
/// also one that was set aside may be put back.
TEST_F(PrunerTest, WhatTheBufferMayStillBringIsKept) {
    ASSERT_EQ(ledger.buffer.append("an event"), backends::Appended::durable);
    const std::string why = "entries of the audit buffer may be of its events: 1";
    EXPECT_EQ(ledger.prune(ledger.bucket).kept_because, why);
    ASSERT_TRUE(ledger.buffer.set_aside(ledger.buffer.read_after("").front(), "a reason"));
    EXPECT_EQ(ledger.prune(ledger.bucket).kept_because, why);
    ASSERT_EQ(ledger.buffer.put_back(), 1U);
    ledger.buffer.remove(std::vector{ledger.buffer.read_after("").front().id});
    EXPECT_EQ(ledger.number("SELECT min(log_index) FROM events"), 0U) << "nothing was dropped";
}

TEST_F(PrunerTest, WhatIsNotArchivedIsKeptAndNamed) {
    const auto files = ledger.files_of_first_tile();
    EXPECT_EQ(kept_with(files), "the archive's tile/0/001 is missing");
    for (const char* path : {"tile/0/000", "tile/entries/000", "tile/1/000"}) {
        auto some = files;
        ASSERT_EQ(some.erase(folder + path), 1U) << path;
        EXPECT_EQ(kept_with(some), std::string("the archive's ") + path + " is missing");
    }
    EXPECT_TRUE(kept_with({}).starts_with("the archive's checkpoints/"));
}

TEST_F(PrunerTest, AByteThatDiffersKeepsIt) {
    const auto files = ledger.files_of_first_tile();
    const std::map<std::string, std::string> what{
        {"tile/0/000", "does not hash to the checkpoint of 66536"},
        {"tile/entries/000", "does not hold what its leaves are of"}};
    for (const auto& [path, why] : what) {
        auto some = files;
        some.at(folder + path)[5'000] ^= 1;
        EXPECT_EQ(kept_with(some), "the archive's " + path + " " + why);
    }
}

TEST_F(PrunerTest, WhatIsNotLockedKeepsIt) {
    const auto files = ledger.files_of_first_tile();
    for (const char* path : {"tile/0/000", "tile/entries/000", "tile/1/000"}) {
        EXPECT_EQ(kept_with(files, folder + path),
                  std::string("the archive's ") + path + " is not locked");
    }
}

TEST_F(PrunerTest, ALockThatHasEndedKeepsIt) {
    const auto report = ledger.prune(ledger.bucket, days(30), wall_clock_now() + days(2));
    EXPECT_TRUE(report.dropped.empty());
    EXPECT_TRUE(report.kept_because.ends_with("is not locked")) << report.kept_because;
}

TEST_F(PrunerTest, AnErasureThatIsNotDoneKeepsIt) {
    ledger.sql("UPDATE erasures SET state = 'keys_owed', receipt = NULL, completed_at = NULL");
    EXPECT_EQ(ledger.prune(ledger.bucket).kept_because,
              "erasures that are not done began in it: 1");
    const auto error = test::error_of([&] { ledger.sql("SELECT events_drop_partition(0)"); });
    EXPECT_TRUE(error) << "nor can it be dropped by hand";
    ledger.sql("UPDATE erasures SET state = 'done', receipt = 'receipt', completed_at = now()");
}

TEST_F(PrunerTest, WhoReadsEventsIsNotWaitedFor) {
    const auto reader = backends::Connection::open(ledger.cluster.superuser(), LivingCore::soon());
    reader->run_script("BEGIN; SELECT FROM events LIMIT 1", LivingCore::soon());
    const auto error = test::error_of([&] { ledger.prune(ledger.bucket); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::unavailable);
    EXPECT_EQ(error->public_message(), "somebody reads events, a backup perhaps");
    EXPECT_EQ(ledger.number("SELECT count(*) FROM events"), kRows + kTail);
}

TEST_F(PrunerTest, StoppedInTheMiddleItHasDroppedNothing) {
    Lawgivers::storage().freeze();
    const auto error = test::error_of(
        [&] { ledger.prune(ledger.bucket, days(30), wall_clock_now(), "soma", Deadline(5s)); });
    Lawgivers::storage().thaw();
    ASSERT_TRUE(error);
    EXPECT_NE(error->kind(), ErrorKind::conflict);
    EXPECT_EQ(ledger.number("SELECT count(*) FROM events"), kRows + kTail);
}

/// And everything goes on without what was dropped.
TEST_F(PrunerTest, WhatIsArchivedIsDropped) {
    auto report = ledger.prune(ledger.bucket);
    ASSERT_EQ(report.dropped.size(), 1U) << report.kept_because;
    EXPECT_EQ(report.dropped[0].partition.events, kRows);
    EXPECT_EQ(report.kept_because, "it is still being written");
    EXPECT_EQ(ledger.number("SELECT min(log_index) FROM events"), kRows);
    EXPECT_EQ(ledger.number("SELECT count(*) FROM events"), kTail);
    report = ledger.prune(ledger.bucket);
    EXPECT_TRUE(report.dropped.empty()) << "done again";
    backends::ConnectionPool app(ledger.cluster.app(), 1);
    const auto erasure =
        backends::Erasures(app).get(ledger.tenant, ledger.erasure, LivingCore::soon());
    ASSERT_TRUE(erasure) << "its event is gone";
    EXPECT_EQ(erasure->receipt, "receipt");

    ledger.write(40);
    ledger.relay("soma");
    ledger.archive("soma", ledger.bucket);

    // A log behind it, in a database that has never had the first partition.
    LivingCore core;
    const auto folder_of_backup =
        std::filesystem::temp_directory_path() / ("prune-" + to_hex(random_bytes(8)));
    back_up(ledger.cluster.owner(), folder_of_backup, wall_clock_now(), LivingCore::soon());
    ledger.cluster.create_database("after");
    backends::migrate(ledger.cluster.owner("after"), kRows, LivingCore::soon());
    restore(ledger.cluster.owner("after"), core.keyring, folder_of_backup, kRows, wall_clock_now(),
            LivingCore::soon());
    std::filesystem::remove_all(folder_of_backup);
    EXPECT_EQ(ledger.number("SELECT min(first_index) FROM events_partitions", "after"), kRows);
    EXPECT_EQ(ledger.number("SELECT first_index FROM log", "after"), 2 * kRows);
    report = ledger.prune(ledger.bucket, days(30), wall_clock_now(), "after");
    EXPECT_TRUE(report.kept_because.ends_with("are not known to be in Kafka"))
        << "the new log has not begun there";
    ledger.relay("after");
    ledger.archive("after", ledger.bucket);
    // Of a former log the service may know less than there is.
    ledger.sql("DELETE FROM log_archives", "after");
    report = ledger.prune(ledger.bucket, days(30), wall_clock_now(), "after");
    ASSERT_EQ(report.dropped.size(), 1U) << report.kept_because;
    const auto& slices = report.dropped[0].slices;
    ASSERT_EQ(slices.size(), 1U);
    EXPECT_EQ(slices[0].log_id.to_string(), ledger.log_id()) << "the former log";
    EXPECT_EQ(slices[0].begin, kRows);
    EXPECT_EQ(slices[0].end, kRows + kTail + 40) << "to its last tile, which is partial";
    EXPECT_EQ(ledger.number("SELECT min(log_index) FROM events", "after"), 2 * kRows);
    ledger.relay("after");  // a relay that begins anew finds its place
}

}  // namespace
}  // namespace soma::services
