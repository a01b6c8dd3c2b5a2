#include "services/constitution/keeper.h"

#include <atomic>
#include <thread>

#include "domain/constitution/envelope.h"
#include "support/law/lawgivers.h"

namespace soma::services {
namespace {

constexpr const char* kCopy = "soma:constitution:active";

/// What somebody with the superuser's rights may do to the rows.
constexpr backends::Statement kRollBack{
    "law_roll_back",
    "WITH pointer AS (UPDATE constitution_pointer SET version = 1,"
    "   hash = (SELECT hash FROM constitution_versions WHERE version = 1)),"
    " signatures AS (DELETE FROM constitution_signatures s USING constitution_versions v"
    "   WHERE v.hash = s.hash AND v.version = 2)"
    " UPDATE constitution_versions SET activated_at = NULL, locked_at = NULL WHERE version = 2"};
constexpr backends::Statement kFlipByte{
    "law_flip_byte",
    "UPDATE constitution_versions SET document = set_byte(document, 100,"
    " get_byte(document, 100) # 1) WHERE version = 1"};
constexpr backends::Statement kDropSignature{
    "law_drop_signature",
    "DELETE FROM constitution_signatures WHERE public_key ="
    " (SELECT public_key FROM constitution_signatures LIMIT 1)"};
constexpr backends::Statement kMovePointer{
    "law_move_pointer",
    "UPDATE constitution_pointer SET version = 7, hash = decode(repeat('61', 64), 'hex')"};

class KeeperTest : public ::testing::Test {
  protected:
    /// A process that starts now: what it answers, "" when it puts a law in force.
    std::string start() {
        LawInForce in_force;
        try {
            all.another_keeper(in_force)->refresh(test::LivingCore::soon());
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::unavailable);
            return error.public_message();
        }
        return in_force.why_not(wall_clock_now());
    }
    void expect_refused(const std::string& reason) {
        EXPECT_NE(start().find("the constitution does not verify: " + reason), std::string::npos)
            << start();
        // And the process that runs: what it had believed is believed no more.
        EXPECT_THROW(all.keeper.refresh(test::LivingCore::soon()), Error);
        EXPECT_NE(all.law.why_not(wall_clock_now()).find("does not verify"), std::string::npos);
    }

    test::Lawgivers all;
};

TEST_F(KeeperTest, WithoutAVersionThereIsNoLawAndNoTrouble) {
    EXPECT_EQ(all.keeper.refresh(test::LivingCore::soon())->version(), 0U);
    EXPECT_EQ(start(), "no constitution has been activated yet");
    EXPECT_EQ(all.mark.read(test::LivingCore::soon()), std::nullopt);
}

TEST_F(KeeperTest, AnotherProcessFindsTheLawAndTheMarkAndTheCopyAreThere) {
    all.enact(all.first);
    const auto second = all.next();
    all.enact(second);
    EXPECT_EQ(start(), "");
    EXPECT_EQ(all.mark.read(test::LivingCore::soon()), (backends::MarkedLaw{2, second.hash}));
    const auto copy = domain::decode_signed(all.copies.get(kCopy).value());
    EXPECT_EQ(std::get<domain::SignedVersion>(copy).text, second.text);
}

TEST_F(KeeperTest, LongChainsAreReadInPages) {
    all.enact(all.first);
    for (int version = 2; version <= backends::Laws::kPage + 2; ++version) {
        all.enact(all.next());
    }
    LawInForce in_force;
    EXPECT_EQ(all.another_keeper(in_force)->refresh(test::LivingCore::soon())->version(),
              std::uint64_t{backends::Laws::kPage} + 2);
}

TEST_F(KeeperTest, AWipedOrDamagedCopyIsHealed) {
    all.enact(all.first);
    const auto good = all.copies.get(kCopy);
    all.copies.remove(kCopy);
    EXPECT_EQ(start(), "");
    EXPECT_EQ(all.copies.get(kCopy), good);
    all.copies.set(kCopy, "damage", std::chrono::seconds(60));
    EXPECT_EQ(start(), "");
    EXPECT_EQ(all.copies.get(kCopy), good);
}

TEST_F(KeeperTest, ACopyThatAQuorumSignedBeyondTheChainIsARollBack) {
    all.enact(all.first);
    const auto second = all.next();
    all.copies.set(kCopy, domain::encode_signed(testing::signed_by(second, "abc")),
                   std::chrono::seconds(60));
    expect_refused("rolled_back: redis");
}

TEST_F(KeeperTest, PostgresRolledBackIsRefused) {
    all.enact(all.first);
    all.enact(all.next());
    all.as_superuser(kRollBack);
    all.copies.remove(kCopy);
    expect_refused("rolled_back: openbao");
}

TEST_F(KeeperTest, PostgresRedisAndTheMarkRolledBackAreRefusedByTheSnapshots) {
    all.enact(all.first);
    all.enact(all.next());
    all.archive.round(*all.keeper.chain(), test::LivingCore::soon());
    all.as_superuser(kRollBack);
    all.copies.remove(kCopy);
    all.bao().administer("DELETE", "/v1/soma/metadata/constitution/mark", {});
    LawArchive afresh(all.snapshots, all.laws);
    afresh.round(*all.keeper.chain(), test::LivingCore::soon());
    LawInForce in_force;
    LawKeeper other({all.first.hash}, all.laws, all.mark, all.copies, afresh, in_force);
    try {
        other.refresh(test::LivingCore::soon());
        FAIL() << "version 1 is in force again";
    } catch (const Error& error) {
        EXPECT_NE(error.public_message().find("rolled_back: object storage"), std::string::npos)
            << error.public_message();
    }
}

TEST_F(KeeperTest, AFlippedByteIsRefused) {
    all.enact(all.first);
    all.as_superuser(kFlipByte);
    EXPECT_NE(start().find("does not verify"), std::string::npos) << start();
}

TEST_F(KeeperTest, TooFewSignaturesAreRefused) {
    all.enact(all.first);
    all.as_superuser(kDropSignature);
    expect_refused("new_threshold");
}

TEST_F(KeeperTest, APointerThatLiesIsRefused) {
    all.enact(all.first);
    all.as_superuser(kMovePointer);
    expect_refused("disagreement: postgresql's pointer");
}

TEST_F(KeeperTest, AnotherTrustRootRefusesTheChain) {
    all.enact(all.first);
    LawInForce in_force;
    LawKeeper other({std::string(64, 'r')}, all.laws, all.mark, all.copies, all.archive, in_force);
    test::expect_error(ErrorKind::unavailable, "",
                       [&] { other.refresh(test::LivingCore::soon()); });
}

TEST_F(KeeperTest, ALawIsNotInForceBeforeTheMarkIsRaised) {
    all.propose(all.first);
    for (const auto& holder : testing::holders("abc")) {
        all.sign(all.first, holder.sign(all.first));
    }
    // Nobody can raise it: OpenBao is away from the moment of the commit on.
    backends::VaultConfig nowhere;
    nowhere.address = "http://127.0.0.1:9";
    nowhere.token_file = all.bao().token_file();
    backends::Vault away(nowhere);
    backends::LawMark no_mark(away);
    LawInForce in_force;
    LawKeeper blind({all.first.hash}, all.laws, no_mark, all.copies, all.archive, in_force);
    test::expect_error(ErrorKind::unavailable, "",
                       [&] { blind.refresh(test::LivingCore::soon()); });
    EXPECT_FALSE(in_force.why_not(wall_clock_now()).empty());
    all.activate(all.first);
    test::expect_error(ErrorKind::unavailable, "",
                       [&] { blind.refresh(test::LivingCore::soon()); });
    EXPECT_FALSE(in_force.why_not(wall_clock_now()).empty());
}

TEST_F(KeeperTest, WhatOthersPutInForceMeanwhileIsNoRollback) {
    constexpr int kVersions = 20;
    all.enact(all.first);
    std::atomic<bool> done{false};
    std::string trouble;
    std::thread other([&] {
        LawInForce in_force;
        const auto keeper = all.another_keeper(in_force);
        while (!done) {
            try {
                keeper->refresh(test::LivingCore::soon());
            } catch (const Error& error) {
                if (error.public_message() != "the law was changed meanwhile: try again") {
                    trouble = error.public_message();
                }
            }
        }
    });
    for (int version = 2; version <= kVersions; ++version) {
        all.enact(all.next());
    }
    done = true;
    other.join();
    EXPECT_EQ(trouble, "");
}

TEST_F(KeeperTest, ItsThreadFollowsOthersAndWithdrawsWhatDoesNotVerifyWhileItIsAsked) {
    LawInForce in_force;
    LawArchive archive(all.snapshots, all.laws);
    LawKeeper other({all.first.hash, std::chrono::seconds(300), std::chrono::seconds(1)}, all.laws,
                    all.mark, all.copies, archive, in_force);
    const auto wait = [](const auto& condition) {
        const Deadline enough(std::chrono::minutes(2));
        while (!condition() && !enough.passed()) std::this_thread::yield();
        return condition();
    };
    other.start();
    std::atomic<bool> done{false};
    std::uint64_t fallen = 0;
    std::thread reader([&] {
        std::uint64_t last = 0;
        while (!done) {
            const std::uint64_t version = other.chain()->version();
            fallen += version < last ? 1 : 0;
            last = version;
            const auto law = in_force.find(wall_clock_now());
            fallen += law && law->law.version != law->version ? 1 : 0;
            other.trouble();
            archive.newest();
            archive.health();
        }
    });
    all.enact(all.first);
    const auto second = all.next();
    all.enact(second);
    EXPECT_TRUE(wait([&] {
        const auto law = in_force.find(wall_clock_now());
        return law && law->hash == second.hash;
    }));
    EXPECT_TRUE(wait([&] { return all.laws.unlocked(10, test::LivingCore::soon()).empty(); }));
    EXPECT_EQ(archive.health().trouble, "");
    all.as_superuser(kRollBack);
    EXPECT_TRUE(wait([&] { return in_force.find(wall_clock_now()) == nullptr; }));
    EXPECT_TRUE(wait([&] { return !other.trouble().empty(); }));
    done = true;
    reader.join();
    other.stop();
    EXPECT_EQ(fallen, 0U);
    EXPECT_EQ(other.chain()->version(), 2U);
}

}  // namespace
}  // namespace soma::services
