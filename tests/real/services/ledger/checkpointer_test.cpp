#include "services/ledger/checkpointer.h"

#include <map>
#include <thread>

#include "domain/ledger/merkle/audit.h"
#include "support/law/lawgivers.h"
#include "support/postgres/intents.h"

namespace soma::services {
namespace {

using test::IntentBuilder;
using test::Lawgivers;
using test::LivingCore;

/// Checkpointers over the test program's database, an OpenBao of the tests' own and a new bucket.
/// All tests share the log, which only grows.
class CheckpointerTest : public ::testing::Test {
  protected:
    CheckpointerTest() {
        settings.sign_after = std::chrono::milliseconds(0);
        settings.archive_every = std::chrono::seconds(0);
        static constexpr backends::Statement kForget{"forget_archives", "DELETE FROM log_archives"};
        as_superuser(kForget);  // they were other buckets
    }
    backends::Result as_superuser(const backends::Statement& statement,
                                  const backends::Params& params = {}) {
        const auto connection =
            backends::Connection::open(core.world.cluster.superuser(), LivingCore::soon());
        return connection->run(statement, params, LivingCore::soon());
    }
    void write(int count) {
        std::vector<std::future<domain::Outcome>> outcomes;
        for (int i = 0; i < count; ++i) {
            outcomes.push_back(
                core.committer.submit(IntentBuilder(tenant.streams()).access().build()));
        }
        for (auto& each : outcomes) each.get();
    }
    std::unique_ptr<Checkpointer> make(backends::Vault& signing) {
        return std::make_unique<Checkpointer>(settings, core.world.cluster.app(), signing, archive,
                                              nobody);
    }
    /// A server that has just lost a session may still hold its lock for a moment.
    static void lead(Checkpointer& checkpointer) {
        const Deadline patience = LivingCore::soon();
        do {
            checkpointer.round(LivingCore::soon());
        } while (!checkpointer.health().leading && !patience.passed());
        ASSERT_TRUE(checkpointer.health().leading);
    }
    std::uint64_t leaves() {
        static constexpr backends::Statement kLeaves{"test_leaves",
                                                     "SELECT size - first_index FROM log"};
        return as_superuser(kLeaves).row(0).uint64(0);
    }
    std::string log_id() {
        static constexpr backends::Statement kLog{"test_log", "SELECT log_id FROM log"};
        return as_superuser(kLog).row(0).uuid(0).to_string();
    }
    /// What a stranger finds who is given the bucket and the public key.
    domain::AuditReport audit() {
        const std::string folder = "ledger/" + log_id() + "/";
        std::map<std::string, std::string> files;
        domain::LogFolder log;
        for (const auto& each : objects.first_versions(folder, LivingCore::soon())) {
            const auto path = each.name.substr(folder.size());
            files[path] = objects.read(each, LivingCore::soon()).value();
            if (path.starts_with("checkpoints/")) log.checkpoints.push_back(files[path]);
        }
        log.read = [&](const std::string& path) -> std::optional<std::string> {
            const auto file = files.find(path);
            return file == files.end() ? std::nullopt : std::optional(file->second);
        };
        const auto keys = vault.public_keys(kLedgerKey, LivingCore::soon());
        return audit_log(log, {{{settings.origin + "/" + log_id(), domain::NoteKeyType::signer,
                                 keys.rbegin()->second}},
                               std::nullopt});
    }
    void expect_good() {
        const auto report = audit();
        EXPECT_FALSE(report.finding) << report.finding->leaf << ": " << report.finding->reason;
        EXPECT_EQ(report.size, leaves());
        EXPECT_EQ(report.proven, leaves());
    }

    LivingCore core;
    backends::TenantRow tenant = core.own_vectors(2);
    CheckpointerSettings settings{.origin = "test.local/ledger"};
    backends::Vault vault{Lawgivers::bao().login("vault")};
    backends::ObjectStore objects{Lawgivers::new_bucket()};
    TileArchive archive{objects, std::chrono::days(1)};
    Witnessing nobody{{}, core.world.cluster.app()};  // tests/real/server/witness has one
};

TEST_F(CheckpointerTest, WhatItSignsAndArchivesIsFoundGood) {
    write(600);
    const auto checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().trouble, "");
    EXPECT_EQ(checkpointer->health().archive_trouble, "");
    EXPECT_EQ(checkpointer->health().signed_leaves, leaves());
    EXPECT_EQ(checkpointer->health().owed_leaves, 0U);
    EXPECT_EQ(checkpointer->health().owed_tiles, 0U);
    expect_good();
    write(7);
    checkpointer->round(LivingCore::soon());
    expect_good();
    EXPECT_GE(audit().checkpoints, 2U);
}

TEST_F(CheckpointerTest, ANewProcessGoesOnWhereTheOldOneEnded) {
    write(10);
    lead(*make(vault));
    for (int i = 0; i < 3; ++i) {
        write(100);
        lead(*make(vault));
        expect_good();
    }
    EXPECT_GE(audit().checkpoints, 4U);
}

TEST_F(CheckpointerTest, OneProcessSignsAndTheOthersWait) {
    auto first = make(vault);
    lead(*first);
    auto second = make(vault);
    second->round(LivingCore::soon());
    EXPECT_FALSE(second->health().leading);
    EXPECT_EQ(second->health().trouble, "");
    first.reset();
    write(1);
    lead(*second);
    expect_good();
}

TEST_F(CheckpointerTest, WithOpenBaoAwayCheckpointsAreOwed) {
    auto nowhere = Lawgivers::bao().login("vault");
    nowhere.address = "http://127.0.0.1:1";
    backends::Vault away(nowhere);
    write(5);
    auto checkpointer = make(away);
    lead(*checkpointer);
    EXPECT_NE(checkpointer->health().trouble, "");
    EXPECT_GE(checkpointer->health().owed_leaves, 5U);
    write(5);
    checkpointer->round(LivingCore::soon());
    EXPECT_GE(checkpointer->health().owed_leaves, 10U);
    checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().trouble, "");
    expect_good();
}

TEST_F(CheckpointerTest, WithStorageAwayItSignsAndOwesTheTiles) {
    const auto checkpointer = make(vault);
    Lawgivers::storage().kill_now();
    write(300);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().trouble, "");
    EXPECT_EQ(checkpointer->health().signed_leaves, leaves());
    EXPECT_NE(checkpointer->health().archive_trouble, "");
    EXPECT_GE(checkpointer->health().owed_tiles, 1U);
    Lawgivers::storage().start();
    checkpointer->round(LivingCore::soon());
    EXPECT_EQ(checkpointer->health().archive_trouble, "");
    EXPECT_EQ(checkpointer->health().owed_tiles, 0U);
    expect_good();
}

TEST_F(CheckpointerTest, WhatWasNotSavedIsOwedByTheNextProcess) {
    Lawgivers::storage().kill_now();
    write(300);
    auto checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_GE(checkpointer->health().owed_tiles, 1U);
    checkpointer.reset();
    Lawgivers::storage().start();
    checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().archive_trouble, "");
    expect_good();
}

TEST_F(CheckpointerTest, ATreeThatIsNotTheSignedOneIsNotGrown) {
    static constexpr backends::Statement kBend{
        "test_bend",
        "UPDATE checkpoints SET peaks = set_byte(peaks, 7, get_byte(peaks, 7) # 1)"
        " WHERE (log_id, size) = (SELECT c.log_id, max(c.size) FROM checkpoints c JOIN log USING"
        " (log_id) GROUP BY c.log_id)"};
    write(5);
    lead(*make(vault));
    as_superuser(kBend);
    write(5);
    auto checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().trouble, "the newest checkpoint is not of its tree");
    as_superuser(kBend);  // and back
    checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().trouble, "");
    expect_good();
}

TEST_F(CheckpointerTest, ALeafThatWasChangedWithItsEventIsNotArchived) {
    // Body and hash fit each other again: only what was signed tells. In a full tile, then behind
    // the last one; what is locked before it was compared could never be put right.
    static constexpr backends::Statement kForge{
        "test_forge",
        "UPDATE events SET body = convert_to(replace(convert_from(body, 'UTF8'), $1::text,"
        " $2::text), 'UTF8'), leaf = sha256('\\x00'::bytea || convert_to(replace(convert_from("
        "body, 'UTF8'), $1::text, $2::text), 'UTF8')) WHERE log_index = (SELECT CASE WHEN"
        " $3::text = 'full' THEN first_index + (size - first_index) / 256 * 256 ELSE size END - 1"
        " FROM log)"};
    const auto forge = [&](const char* from, const char* to, const char* where) {
        as_superuser(kForge, backends::Params().add_text(from).add_text(to).add_text(where));
    };
    for (const auto* where : {"full", "last"}) {
        write(300 + ((leaves() + 300) % 256 == 0 ? 1 : 0));  // the last tile is not full
        Lawgivers::storage().kill_now();
        const auto checkpointer = make(vault);
        lead(*checkpointer);
        forge("allowed", "refused", where);
        Lawgivers::storage().start();
        checkpointer->round(LivingCore::soon());
        EXPECT_EQ(checkpointer->health().archive_trouble, "leaves are not those that were signed")
            << where;
        forge("refused", "allowed", where);
        checkpointer->round(LivingCore::soon());
        EXPECT_EQ(checkpointer->health().archive_trouble, "") << where;
        expect_good();
    }
}

TEST_F(CheckpointerTest, AnEventThatWasChangedIsNotArchived) {
    static constexpr backends::Statement kChange{
        "test_change",
        "UPDATE events SET body = convert_to(replace(convert_from(body, 'UTF8'), $1::text,"
        " $2::text), 'UTF8') WHERE log_index = (SELECT size - 1 FROM log)"};
    write(1);
    as_superuser(kChange, backends::Params().add_text("allowed").add_text("refused"));
    const auto checkpointer = make(vault);
    lead(*checkpointer);
    EXPECT_EQ(checkpointer->health().archive_trouble, "an event does not hash to its leaf");
    as_superuser(kChange, backends::Params().add_text("refused").add_text("allowed"));
    checkpointer->round(LivingCore::soon());
    EXPECT_EQ(checkpointer->health().archive_trouble, "");
    expect_good();
}

}  // namespace
}  // namespace soma::services
