#include "services/witness/witness.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "support/ledger/growing_log.h"
#include "support/openbao_server.h"

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using domain::WitnessAlarm;
using domain::WitnessRefusal;
using test::GrowingLog;

Deadline soon() {
    return Deadline(30s);
}

/// Witnesses over an OpenBao of the tests' own, each test with logs that nobody has seen.
class WitnessTest : public ::testing::Test {
  protected:
    static test::OpenBaoServer& server() {
        static test::OpenBaoServer made;
        static const bool once = (made.set_up("soma-signer-1"), true);
        EXPECT_TRUE(once);
        return made;
    }
    WitnessTest() { server().administer("DELETE", "/v1/soma/metadata/witness/evidence", {}); }

    static std::string fresh_name() {
        static int made = 0;
        return "example.com/log/" + std::to_string(++made);
    }
    /// Another process.
    static std::unique_ptr<Witness> another(backends::Vault& vault,
                                            std::vector<domain::NoteKey> keys) {
        return std::make_unique<Witness>(
            WitnessSettings{"example.com/witness", [keys] { return keys; }, 0ms}, vault);
    }
    domain::NoteKey witness_key() {
        return {"example.com/witness", domain::NoteKeyType::cosigner,
                vault.public_keys(kWitnessKey, soon()).rbegin()->second};
    }
    /// The line, which verifies; fails the test otherwise.
    std::string cosigned(Witness& by, const domain::AddCheckpoint& asked) {
        const auto answer = by.add_checkpoint(asked, soon());
        const auto* yes = std::get_if<Cosigned>(&answer);
        EXPECT_NE(yes, nullptr);
        const std::vector<domain::NoteKey> keys{witness_key()};
        EXPECT_EQ(cosignature_line(asked.note, yes->line, keys), yes->line);
        return yes == nullptr ? "" : yes->line;
    }
    void refused(Witness& by, const domain::AddCheckpoint& asked, WitnessRefusal why) {
        const auto answer = by.add_checkpoint(asked, soon());
        const auto* no = std::get_if<domain::Refusal>(&answer);
        ASSERT_NE(no, nullptr);
        EXPECT_EQ(refusal_name(no->why), refusal_name(why));
    }

    backends::Vault vault{server().login("soma-witness")};
    GrowingLog log{fresh_name()};
    std::unique_ptr<Witness> witness = another(vault, {log.key()});
};

TEST_F(WitnessTest, CosignsALogThatGrowsAndRemembersItInOpenBao) {
    cosigned(*witness, log.ask(0, 3));
    cosigned(*witness, log.ask(3, 10));
    backends::Vault again(server().login("soma-witness"));
    const auto restarted = another(again, {log.key()});
    refused(*restarted, log.ask(0, 12), WitnessRefusal::stale);
    cosigned(*restarted, log.ask(10, 12));
    const auto page = backends::WitnessBook(vault).read(log.key().name, soon());
    EXPECT_EQ(page.seen->checkpoint.size, 12U);
    EXPECT_TRUE(witness->evidence(soon()).empty());
}

TEST_F(WitnessTest, OneSizeHasOneCosignature) {
    const auto first = cosigned(*witness, log.ask(0, 5));
    std::this_thread::sleep_for(1100ms);  // the signature's time has seconds
    EXPECT_EQ(cosigned(*another(vault, {log.key()}), log.ask(5, 5)), first);
}

TEST_F(WitnessTest, WhoDiedBeforeSigningAnswersAgain) {
    const auto asked = log.ask(0, 7);
    const domain::Witnessed kept{asked.note, asked.checkpoint, 1'800'000'000};
    ASSERT_TRUE(backends::WitnessBook(vault).write_if(kept, 0, soon()));  // … and kill -9
    refused(*witness, asked, WitnessRefusal::stale);
    cosigned(*witness, log.ask(7, 7));
    const GrowingLog fork(log.key().name, 6, 1);
    refused(*witness, fork.ask(7, 7), WitnessRefusal::other_root);
}

TEST_F(WitnessTest, AForkIsRefusedAndBothCheckpointsAreKept) {
    cosigned(*witness, log.ask(0, 8));
    const GrowingLog fork(log.key().name, 4, 1);
    refused(*witness, fork.ask(8, 8), WitnessRefusal::other_root);
    refused(*witness, fork.ask(8, 20), WitnessRefusal::bad_proof);
    refused(*witness, fork.ask(2, 6), WitnessRefusal::stale);
    const auto found = witness->evidence(soon());
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].alarm, WitnessAlarm::fork);
    EXPECT_EQ(found[1].alarm, WitnessAlarm::bad_proof);
    EXPECT_EQ(found[2].alarm, WitnessAlarm::rollback);
    for (const auto& each : found) EXPECT_EQ(each.ours, encode_note(log.ask(8, 8).note));
    EXPECT_EQ(found[0].theirs, encode_note(fork.ask(8, 8).note));
    EXPECT_EQ(found[1].theirs, encode_note(fork.ask(20, 20).note));
    EXPECT_EQ(found[2].theirs, encode_note(fork.ask(6, 6).note));
    cosigned(*witness, log.ask(8, 9));
}

TEST_F(WitnessTest, AFloodOfForksIsBounded) {
    cosigned(*witness, log.ask(0, 8));
    for (int i = 1; i <= 20; ++i) {
        refused(*witness, GrowingLog(log.key().name, 7, i).ask(8, 8), WitnessRefusal::other_root);
    }
    EXPECT_EQ(witness->evidence(soon()).size(), domain::kMaxEvidenceOfAlarm);
}

TEST_F(WitnessTest, ManyAskersOfTwoProcessesOverTwoHistoriesGetOneRootForASize) {
    const GrowingLog fork(log.key().name, 2, 1);
    std::mutex mutex;
    std::map<std::uint64_t, std::set<std::string>> lines;
    std::atomic<std::uint64_t> highest{0};
    std::atomic<int> fallen{0};
    std::vector<std::thread> askers;
    for (int i = 0; i < 4; ++i) {
        askers.emplace_back([&, i] {
            backends::Vault own(server().login("soma-witness"));
            const auto process = another(own, {log.key()});
            const auto& tells = i % 2 == 0 ? log : fork;
            std::uint64_t from = 0;
            for (int step = 0; step < 15; ++step) {
                const std::uint64_t before = highest;
                const auto asked = tells.ask(from, from + 1 + static_cast<std::uint64_t>(i));
                const auto answer = process->add_checkpoint(asked, soon());
                if (const auto* no = std::get_if<domain::Refusal>(&answer)) {
                    from = no->size;
                    continue;
                }
                const std::scoped_lock lock(mutex);
                from = asked.checkpoint.size;
                fallen += from < before ? 1 : 0;
                highest = std::max<std::uint64_t>(highest, from);
                lines[from].insert(asked.checkpoint.root);
            }
        });
    }
    for (auto& each : askers) each.join();
    EXPECT_FALSE(lines.empty());
    for (const auto& [size, roots] : lines) EXPECT_EQ(roots.size(), 1U) << size;
    EXPECT_EQ(fallen, 0);
}

TEST_F(WitnessTest, OfTwoHistoriesThatRaceForOneSizeOneIsSigned) {
    for (int round = 0; round < 25; ++round) {
        const GrowingLog one(fresh_name());
        const GrowingLog other(one.key().name, 1, 1);
        const auto first = another(vault, {one.key()});
        const auto second = another(vault, {one.key()});
        std::atomic<int> ready{0};
        std::atomic<int> signed_{0};
        const auto race = [&](Witness& by, const GrowingLog& tells) {
            const auto asked = tells.ask(0, 3);
            for (++ready; ready < 2;) std::this_thread::yield();
            const auto answer = by.add_checkpoint(asked, soon());
            signed_ += std::holds_alternative<Cosigned>(answer) ? 1 : 0;
        };
        std::thread beside([&] { race(*second, other); });
        race(*first, one);
        beside.join();
        ASSERT_EQ(signed_, 1);
    }
}

TEST_F(WitnessTest, AHistoryThatWasDeletedIsNotBegunAnew) {
    cosigned(*witness, log.ask(0, 5));
    server().administer("DELETE", "/v1/soma/data/witness/logs/" + to_hex(sha256(log.key().name)),
                        {});
    EXPECT_THROW(witness->add_checkpoint(log.ask(0, 4), soon()), Error);
}

TEST_F(WitnessTest, ANewLogIsKnownOnceItIsInTheList) {
    const GrowingLog later(fresh_name());
    std::vector<domain::NoteKey> list{log.key()};
    Witness process({"example.com/witness", [&] { return list; }, 0ms}, vault);
    refused(process, later.ask(0, 1), WitnessRefusal::unknown_log);
    list.push_back(later.key());
    cosigned(process, later.ask(0, 1));
    list.clear();
    cosigned(process, log.ask(0, 1));
}

TEST_F(WitnessTest, WithOpenBaoAwayNothingIsSignedAndNothingLost) {
    cosigned(*witness, log.ask(0, 5));
    server().kill_now();
    EXPECT_THROW(witness->add_checkpoint(log.ask(5, 6), Deadline(2s)), Error);
    server().start();
    server().wait_until_ready();
    refused(*witness, GrowingLog(log.key().name, 2, 1).ask(5, 6), WitnessRefusal::bad_proof);
    cosigned(*witness, log.ask(5, 6));
}

TEST_F(WitnessTest, NobodyElseHasItsKeyAndItHasNobodyElses) {
    backends::Vault service(server().login("vault"));
    EXPECT_THROW(service.sign(kWitnessKey, "text", soon()), Error);
    EXPECT_THROW(service.public_keys(kWitnessKey, soon()), Error);
    EXPECT_THROW(service.get("witness/evidence", soon()), Error);
    EXPECT_THROW(service.put_if("witness/evidence", {{"kept", "nothing"}}, 0, soon()), Error);
    EXPECT_THROW(vault.sign("soma-ledger", "text", soon()), Error);
    EXPECT_THROW(vault.get("tenants/any", soon()), Error);
    EXPECT_THROW(vault.erase("witness/evidence", soon()), Error);
}

}  // namespace
}  // namespace soma::services
