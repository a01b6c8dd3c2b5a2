#include "services/ledger/witnessing.h"

#include <gtest/gtest.h>

#include "domain/ledger/witness/protocol.h"
#include "services/ledger/checkpointer.h"
#include "support/law/lawgivers.h"
#include "support/ledger/growing_log.h"
#include "support/ledger/running_witness.h"
#include "support/postgres/intents.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using test::IntentBuilder;
using test::Lawgivers;
using test::LivingCore;

/// The checkpointer and a witness, over the test program's database and log, which only grows.
class WitnessingTest : public ::testing::Test {
  protected:
    WitnessingTest() {
        static constexpr backends::Statement kForget{"forget_archives", "DELETE FROM log_archives"};
        as_superuser(kForget);  // they were other buckets
        logs->push_back({settings.origin + "/" + log_id(), domain::NoteKeyType::signer,
                         vault.public_keys(kLedgerKey, LivingCore::soon()).rbegin()->second});
    }
    backends::Result as_superuser(const backends::Statement& statement,
                                  const backends::Params& params = {}) {
        const auto connection =
            backends::Connection::open(core.world.cluster.superuser(), LivingCore::soon());
        return connection->run(statement, params, LivingCore::soon());
    }
    std::string log_id() {
        static constexpr backends::Statement kLog{"test_log", "SELECT log_id FROM log"};
        return as_superuser(kLog).row(0).uuid(0).to_string();
    }
    void write(int count) {
        std::vector<std::future<domain::Outcome>> outcomes;
        for (int i = 0; i < count; ++i) {
            outcomes.push_back(
                core.committer.submit(IntentBuilder(tenant.streams()).access().build()));
        }
        for (auto& each : outcomes) each.get();
    }
    WitnessingSettings asking() {
        WitnessingSettings out;
        out.url = witness.url();
        out.keys = {witness.key()};
        return out;
    }
    /// Both of a process, made anew.
    void restart() {
        checkpointer.reset();
        witnessing = std::make_unique<Witnessing>(asking(), core.world.cluster.app());
        checkpointer = std::make_unique<Checkpointer>(settings, core.world.cluster.app(), vault,
                                                      archive, *witnessing);
        const Deadline patience = LivingCore::soon();
        do {  // a server that has just lost a session may still hold its lock for a moment
            checkpointer->round(LivingCore::soon());
        } while (!checkpointer->health().leading && !patience.passed());
        ASSERT_TRUE(checkpointer->health().leading);
    }
    void sign_and_witness() {
        checkpointer->round(LivingCore::soon());
        witnessing->round(LivingCore::soon());
    }
    struct Newest {
        std::uint64_t size;
        std::string note;
        bool witnessed;
    };
    Newest newest() {
        static constexpr backends::Statement kNewest{
            "test_newest",
            "SELECT size, note, witnessed FROM checkpoint_notes"
            " WHERE log_id = (SELECT log_id FROM log) ORDER BY size DESC LIMIT 1"};
        const auto result = as_superuser(kNewest);
        const auto row = result.row(0);
        return {row.uint64(0), std::string(row.bytes(1)), row.boolean(2)};
    }
    void expect_witnessed() {
        const auto stored = newest();
        EXPECT_TRUE(stored.witnessed);
        EXPECT_EQ(check_signature(domain::parse_note(stored.note), witness.key()),
                  domain::SignatureVerdict::valid);
        EXPECT_EQ(witnessing->health().trouble, "");
        EXPECT_EQ(witnessing->health().witnessed_leaves, stored.size);
    }

    LivingCore core;
    backends::TenantRow tenant = core.own_vectors(2);
    CheckpointerSettings settings{
        .origin = "test.local/ledger", .sign_after = 0ms, .archive_every = 0s};
    backends::Vault vault{Lawgivers::bao().login("vault")};
    backends::ObjectStore objects{Lawgivers::new_bucket()};
    TileArchive archive{objects, std::chrono::days(1)};
    std::shared_ptr<std::vector<domain::NoteKey>> logs =
        std::make_shared<std::vector<domain::NoteKey>>();
    test::RunningWitness witness{logs};
    std::unique_ptr<Witnessing> witnessing;
    std::unique_ptr<Checkpointer> checkpointer;
};

TEST_F(WitnessingTest, ACheckpointCarriesItsCosignatureWhereverItIsRead) {
    write(300);
    restart();
    EXPECT_EQ(checkpointer->health().trouble, "");
    witnessing->round(LivingCore::soon());
    expect_witnessed();
    checkpointer->round(LivingCore::soon());
    EXPECT_EQ(checkpointer->health().archive_trouble, "");
    const auto stored = newest();
    const std::string name = "ledger/" + log_id() + "/" + domain::checkpoint_path(stored.size);
    const auto listed = objects.first_versions(name, LivingCore::soon());
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(objects.read(listed[0], LivingCore::soon()), stored.note);
}

TEST_F(WitnessingTest, EverySizeIsProvedFromEveryOther) {
    restart();
    for (const int more : {1, 1, 2, 3, 250, 7, 600, 1}) {
        write(more);
        sign_and_witness();
        expect_witnessed();
    }
}

TEST_F(WitnessingTest, AProcessThatDiedBeforeItStoredTheCosignatureGetsItAgain) {
    restart();
    write(5);
    sign_and_witness();
    const auto before = newest().note;
    static constexpr backends::Statement kForget{"test_forget", "DELETE FROM cosignatures"};
    as_superuser(kForget);
    restart();
    witnessing->round(LivingCore::soon());
    expect_witnessed();
    EXPECT_EQ(newest().note, before);
}

TEST_F(WitnessingTest, AWitnessThatIsAwayDelaysNothingAndIsAskedLater) {
    restart();
    witness.stop();
    for (int i = 0; i < 3; ++i) {
        write(3);
        sign_and_witness();
        EXPECT_EQ(checkpointer->health().trouble, "");
        EXPECT_EQ(checkpointer->health().owed_leaves, 0U);
        EXPECT_EQ(witnessing->health().trouble, "the witness does not answer");
        EXPECT_FALSE(newest().witnessed);
    }
    witness.start();
    witnessing->round(LivingCore::soon());
    expect_witnessed();
}

TEST_F(WitnessingTest, WithoutACosignatureTheArchiveWaitsAndThenGoesOn) {
    restart();
    witness.stop();
    write(3);
    settings.witness_patience = std::chrono::seconds(3600);
    restart();
    const auto archived = [&] {
        static constexpr backends::Statement kArchived{"test_archived",
                                                       "SELECT checkpoint FROM log_archives"};
        const auto result = as_superuser(kArchived);
        return result.rows() == 0 ? 0 : result.row(0).uint64(0);
    };
    EXPECT_LT(archived(), newest().size);
    settings.witness_patience = 0s;
    restart();
    EXPECT_EQ(archived(), newest().size);
    witness.start();
}

TEST_F(WitnessingTest, AWitnessOfAnotherKeyIsNotBelieved) {
    restart();
    write(1);
    auto mistaken = asking();
    mistaken.keys = {
        testing::NoteSigner("example.com/witness", "another key", domain::NoteKeyType::cosigner)
            .key()};
    Witnessing asks(mistaken, core.world.cluster.app());
    checkpointer->round(LivingCore::soon());
    const auto stored = newest();
    static constexpr backends::Statement kLog{"test_state",
                                              "SELECT log_id, first_index, size FROM log"};
    const auto result = as_superuser(kLog);
    const auto row = result.row(0);
    asks.offer(SignedTree{
        {row.uuid(0), row.uint64(1), row.uint64(2) - row.uint64(1)}, stored.size, stored.note});
    asks.round(LivingCore::soon());
    EXPECT_EQ(asks.health().trouble, "what the witness answers is not signed by its key");
    EXPECT_FALSE(newest().witnessed);
}

TEST_F(WitnessingTest, ALogThatTheWitnessWasNotToldOfIsSaid) {
    const auto keys = *logs;
    logs->clear();
    test::RunningWitness stranger(logs);
    restart();
    write(1);
    checkpointer->round(LivingCore::soon());
    auto elsewhere = asking();
    elsewhere.url = stranger.url();
    Witnessing asks(elsewhere, core.world.cluster.app());
    Checkpointer second(settings, core.world.cluster.app(), vault, archive, asks);
    checkpointer.reset();
    const Deadline patience = LivingCore::soon();
    while (!second.health().leading && !patience.passed()) second.round(LivingCore::soon());
    asks.round(LivingCore::soon());
    EXPECT_EQ(asks.health().trouble, "the witness was not told of this log");
    *logs = keys;  // somebody writes it into the list
    asks.round(LivingCore::soon());
    EXPECT_EQ(asks.health().trouble, "");
    EXPECT_TRUE(newest().witnessed);
}

TEST_F(WitnessingTest, ADatabaseThatWasPutBackIsRefusedAndSaid) {
    restart();
    write(20);
    sign_and_witness();
    const auto stored = newest();
    // The witness has seen more than there is now: as after an older backup.
    domain::Witnessed more{domain::parse_note(stored.note), {}, 1};
    more.checkpoint = domain::parse_checkpoint(more.note.text);
    more.checkpoint.size += 1000;
    more.note.text = checkpoint_text(more.checkpoint);
    backends::Vault memory(test::RunningWitness::bao().login("soma-witness"));
    backends::WitnessBook book(memory);
    const auto page = book.read(more.checkpoint.origin, LivingCore::soon());
    ASSERT_TRUE(book.write_if(more, page.version, LivingCore::soon()));
    write(1);
    checkpointer->round(LivingCore::soon());
    witnessing->round(LivingCore::soon());
    EXPECT_EQ(witnessing->health().trouble, "the witness has cosigned more than this log has");
    EXPECT_FALSE(newest().witnessed);
    const auto found = witness.witness().evidence(LivingCore::soon());
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.back().alarm, domain::WitnessAlarm::rollback);
    const auto now = book.read(more.checkpoint.origin, LivingCore::soon());
    ASSERT_TRUE(book.write_if(*page.seen, now.version, LivingCore::soon()));
    witnessing->round(LivingCore::soon());
    expect_witnessed();
}

}  // namespace
}  // namespace soma::services
