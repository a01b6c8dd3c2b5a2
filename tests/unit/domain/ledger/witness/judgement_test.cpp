#include "domain/ledger/witness/judgement.h"

#include <gtest/gtest.h>

#include <map>

#include "support/property.h"
#include "unit/domain/ledger/merkle/merkle.h"
#include "unit/domain/ledger/merkle/note_signer.h"

namespace soma::domain {
namespace {

using namespace testing;

const NoteSigner kLog("example.com/log", "log");
const NoteSigner kRotated("example.com/log", "log, rotated");
const NoteSigner kStranger("example.com/log", "stranger");
const NoteSigner kOther("example.com/other", "other log");
constexpr std::uint64_t kNow = 1'800'000'000;

/// A log that may have several histories, which part at a leaf.
Hashes history(std::size_t size, std::size_t parts_at, int which) {
    auto leaves = some_leaves(size);
    for (std::size_t i = parts_at; i < size && which != 0; ++i) {
        leaves[i] = leaf_hash("history " + std::to_string(which) + " leaf " + std::to_string(i));
    }
    return leaves;
}

AddCheckpoint ask(const NoteSigner& log, const Hashes& leaves, std::uint64_t from) {
    const auto note = log.checkpoint(leaves.size(), rfc_root(leaves));
    return {from, consistency_proof(from, leaves.size(), source_of(leaves)), note,
            parse_checkpoint(note.text)};
}

/// A witness in memory, as the service keeps it in OpenBao.
struct Memory {
    std::optional<Witnessed> seen;
    std::vector<NoteKey> keys{kLog.key()};

    std::variant<Cosigning, Refusal> add(const AddCheckpoint& asked, std::uint64_t now = kNow) {
        auto judged = judge(asked, keys, seen, now);
        if (const auto* yes = std::get_if<Cosigning>(&judged)) seen = yes->now;
        return judged;
    }
    void cosigns(const AddCheckpoint& asked, bool news = true) {
        const auto judged = add(asked);
        ASSERT_TRUE(std::holds_alternative<Cosigning>(judged));
        EXPECT_EQ(std::get<Cosigning>(judged).news, news);
        EXPECT_EQ(std::get<Cosigning>(judged).now.checkpoint, asked.checkpoint);
    }
    void refuses(const AddCheckpoint& asked, WitnessRefusal why,
                 std::optional<WitnessAlarm> alarm = {}) {
        const auto before = seen ? encode_note(seen->note) : "";
        const auto judged = add(asked);
        ASSERT_TRUE(std::holds_alternative<Refusal>(judged));
        const auto& refusal = std::get<Refusal>(judged);
        EXPECT_EQ(refusal_name(refusal.why), refusal_name(why));
        ASSERT_EQ(refusal.evidence.has_value(), alarm.has_value());
        if (alarm) {
            EXPECT_EQ(alarm_name(refusal.evidence->alarm), alarm_name(*alarm));
            EXPECT_EQ(refusal.evidence->ours, before);
            EXPECT_EQ(refusal.evidence->theirs, encode_note(asked.note));
            EXPECT_EQ(refusal.size, seen->checkpoint.size);
        }
    }
};

TEST(WitnessJudgementTest, AGrowingLogIsCosigned) {
    Memory witness;
    std::uint64_t from = 0;
    for (const std::size_t size : {1, 2, 5, 5, 8, 64, 65}) {
        witness.cosigns(ask(kLog, some_leaves(size), from), size != from);
        from = size;
    }
}

TEST(WitnessJudgementTest, TheFirstCheckpointIsTakenAsItIs) {
    Memory{}.cosigns(ask(kLog, some_leaves(7), 0));
    Memory{}.cosigns(ask(kLog, {}, 0));
    Memory{}.refuses(ask(kLog, some_leaves(7), 3), WitnessRefusal::stale);
    auto proven = ask(kLog, some_leaves(7), 3);
    proven.old_size = 0;
    Memory{}.refuses(proven, WitnessRefusal::bad_proof);  // there is nothing to prove
    const auto note = kLog.checkpoint(0, some_leaves(1)[0]);
    Memory{}.refuses({0, {}, note, parse_checkpoint(note.text)}, WitnessRefusal::other_root);
}

TEST(WitnessJudgementTest, OnlyKnownLogsUnderTheirOwnKeys) {
    Memory witness;
    witness.refuses(ask(kOther, some_leaves(3), 0), WitnessRefusal::unknown_log);
    witness.refuses(ask(kStranger, some_leaves(3), 0), WitnessRefusal::not_signed);
    // A key of one log does not sign for another.
    witness.keys.push_back(kOther.key());
    auto borrowed = ask(kLog, some_leaves(3), 0);
    borrowed.note.signatures.clear();
    kOther.add_to(borrowed.note);
    witness.refuses(borrowed, WitnessRefusal::not_signed);
    // Others may sign, too; what is kept is the log's.
    auto both = ask(kLog, some_leaves(3), 0);
    kOther.add_to(both.note);
    witness.cosigns(both);
    EXPECT_EQ(witness.seen->note.signatures.size(), 1U);
    // Forged beside genuine: the note is not to be used.
    auto forged = ask(kLog, some_leaves(4), 3);
    forged.note.signatures.push_back(forged.note.signatures[0]);
    forged.note.signatures[1].bytes[5] ^= 1;
    witness.refuses(forged, WitnessRefusal::not_signed);
}

TEST(WitnessJudgementTest, ARotatedKeySignsOn) {
    Memory witness;
    witness.keys.push_back(kRotated.key());
    witness.cosigns(ask(kLog, some_leaves(3), 0));
    witness.cosigns(ask(kRotated, some_leaves(5), 3));
    witness.refuses(ask(kRotated, history(6, 4, 1), 5), WitnessRefusal::bad_proof,
                    WitnessAlarm::bad_proof);
}

TEST(WitnessJudgementTest, WhoIsBehindIsToldTheSize) {
    Memory witness;
    witness.cosigns(ask(kLog, some_leaves(8), 0));
    for (const std::uint64_t old : {0, 1, 7, 9}) {
        const auto judged = witness.add(ask(kLog, some_leaves(10), old));
        ASSERT_TRUE(std::holds_alternative<Refusal>(judged));
        EXPECT_EQ(std::get<Refusal>(judged).why, WitnessRefusal::stale);
        EXPECT_EQ(std::get<Refusal>(judged).size, 8U);
        EXPECT_FALSE(std::get<Refusal>(judged).evidence);
    }
}

TEST(WitnessJudgementTest, AForkOfOneSizeAlarms) {
    Memory witness;
    witness.cosigns(ask(kLog, some_leaves(8), 0));
    for (const std::uint64_t old : {0, 8}) {
        witness.refuses(ask(kLog, history(8, 7, 1), old), WitnessRefusal::other_root,
                        WitnessAlarm::fork);
    }
    witness.cosigns(ask(kLog, some_leaves(9), 8));
}

TEST(WitnessJudgementTest, ARollbackAlarms) {
    Memory witness;
    witness.cosigns(ask(kLog, some_leaves(8), 0));
    witness.refuses(ask(kLog, some_leaves(7), 5), WitnessRefusal::stale, WitnessAlarm::rollback);
    witness.refuses(ask(kLog, {}, 0), WitnessRefusal::stale, WitnessAlarm::rollback);
}

TEST(WitnessJudgementTest, ATreeThatDoesNotContinueAlarms) {
    Memory witness;
    witness.cosigns(ask(kLog, some_leaves(8), 0));
    witness.refuses(ask(kLog, history(20, 7, 1), 8), WitnessRefusal::bad_proof,
                    WitnessAlarm::bad_proof);
    auto damaged = ask(kLog, some_leaves(20), 8);
    damaged.proof.pop_back();
    witness.refuses(damaged, WitnessRefusal::bad_proof, WitnessAlarm::bad_proof);
    // The very tree that was cosigned, with a proof of nothing: no contradiction, no cosignature.
    auto padded = ask(kLog, some_leaves(8), 8);
    padded.proof.push_back(std::string(32, 'x'));
    witness.refuses(padded, WitnessRefusal::bad_proof);
    witness.cosigns(ask(kLog, some_leaves(20), 8));
}

TEST(WitnessJudgementTest, TimeNeverFallsAndASizeHasOneTime) {
    Memory witness;
    witness.add(ask(kLog, some_leaves(3), 0), kNow);
    witness.add(ask(kLog, some_leaves(4), 3), kNow - 100);
    EXPECT_EQ(witness.seen->time, kNow) << "the clock went back";
    witness.add(ask(kLog, some_leaves(5), 4), kNow + 5);
    witness.add(ask(kLog, some_leaves(5), 5), kNow + 50);
    EXPECT_EQ(witness.seen->time, kNow + 5) << "the same cosignature again";
}

/// One request of a log that lies: it forks anywhere, goes back, and mixes its proofs.
AddCheckpoint drawn_request() {
    const auto size = *rc::gen::inRange<std::size_t>(0, 24);
    const auto leaves =
        history(size, *rc::gen::inRange<std::size_t>(0, 24), *rc::gen::inRange(0, 3));
    const auto old = *rc::gen::inRange<std::uint64_t>(0, size + 1);
    auto asked = ask(kLog, leaves, old);
    if (*rc::gen::inRange(0, 4) == 0) {  // a proof of another history
        asked.proof = consistency_proof(old, size, source_of(some_leaves(size)));
    }
    return asked;
}

TEST(WitnessJudgementTest, OfAnyHistoryNoSizeHasTwoRootsAndNoneFalls) {
    test::property([] {
        Memory witness;
        std::map<std::uint64_t, std::string> cosigned;
        std::uint64_t newest = 0;
        for (int step = 0; step < 20; ++step) {
            auto asked = drawn_request();
            if (witness.seen && *rc::gen::inRange(0, 2) == 0) {
                asked.old_size = witness.seen->checkpoint.size;
            }
            const auto judged = witness.add(asked);
            const auto* yes = std::get_if<Cosigning>(&judged);
            if (yes == nullptr) {
                continue;
            }
            const auto& [origin, size, root] = yes->now.checkpoint;
            RC_ASSERT(asked.checkpoint == yes->now.checkpoint);
            RC_ASSERT(size >= newest);
            RC_ASSERT(cosigned.emplace(size, root).first->second == root);
            newest = size;
        }
    });
}

TEST(WitnessJudgementTest, WhatIsCosignedContinuesAllThatWas) {
    test::property([] {
        Memory witness;
        std::vector<Hashes> trees;
        for (int step = 0; step < 12; ++step) {
            const auto size = *rc::gen::inRange<std::size_t>(1, 24);
            const auto leaves =
                history(size, *rc::gen::inRange<std::size_t>(0, 24), *rc::gen::inRange(0, 3));
            const auto old = witness.seen ? witness.seen->checkpoint.size : 0;
            if (old > size) continue;
            const auto judged = witness.add(ask(kLog, leaves, old));
            if (!std::holds_alternative<Cosigning>(judged)) continue;
            for (const auto& tree : trees) {
                RC_ASSERT(part(leaves, 0, tree.size()) == tree);
            }
            trees.push_back(leaves);
        }
    });
}

}  // namespace
}  // namespace soma::domain
