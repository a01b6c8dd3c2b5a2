#include "services/constitution/archive.h"

#include "support/law/lawgivers.h"

namespace soma::services {
namespace {

using test::LivingCore;

/// What somebody with the superuser's rights may do to the rows.
constexpr backends::Statement kClaimForce{
    "law_claim_force", "UPDATE constitution_versions SET activated_at = now() WHERE version = 2"};
constexpr backends::Statement kRewrite{
    "law_rewrite", "UPDATE constitution_versions SET document = convert_to('{}', 'UTF8')"};

class ArchiveTest : public ::testing::Test {
  protected:
    std::size_t owed() { return all.laws.unlocked(10, LivingCore::soon()).size(); }

    test::Lawgivers all;
};

TEST_F(ArchiveTest, PaysForWhatIsInForceAndForNothingElse) {
    all.propose(all.first);
    EXPECT_EQ(owed(), 0U);
    all.enact(all.first);
    all.enact(all.next());
    EXPECT_EQ(owed(), 2U);
    all.archive.round(*all.keeper.chain(), LivingCore::soon());
    EXPECT_EQ(owed(), 0U);
    EXPECT_EQ(all.archive.health().owed, 0U);
    EXPECT_EQ(all.archive.health().trouble, "");
    ASSERT_TRUE(all.archive.newest());
    EXPECT_EQ(all.archive.newest()->version, 2U);
    const auto first = all.snapshots.read(1, LivingCore::soon());
    ASSERT_TRUE(first);
    EXPECT_EQ(first->content.text, all.first.text);
    EXPECT_EQ(first->content.signatures.size(), 3U);
}

TEST_F(ArchiveTest, WhatDoesNotVerifyIsNeverLocked) {
    all.enact(all.first);
    all.propose(all.next());
    all.as_superuser(kClaimForce);
    all.archive.round(*all.keeper.chain(), LivingCore::soon());
    EXPECT_TRUE(all.snapshots.read(1, LivingCore::soon()));
    EXPECT_FALSE(all.snapshots.read(2, LivingCore::soon()));
    EXPECT_EQ(all.archive.health().owed, 1U);
}

TEST_F(ArchiveTest, ATextThatChangedSinceItWasVerifiedIsNotLocked) {
    all.enact(all.first);
    all.as_superuser(kRewrite);
    all.archive.round(*all.keeper.chain(), LivingCore::soon());
    EXPECT_FALSE(all.snapshots.read(1, LivingCore::soon()));
    EXPECT_EQ(all.archive.health().owed, 1U);
}

TEST_F(ArchiveTest, WithStorageAwayTheLawChangesAndTheSnapshotIsOwed) {
    all.storage().kill_now();
    EXPECT_EQ(all.enact(all.first).summary().state(), "active");
    all.archive.round(*all.keeper.chain(), Deadline(std::chrono::seconds(5)));
    EXPECT_EQ(all.archive.health().owed, 1U);
    EXPECT_NE(all.archive.health().trouble, "");
    EXPECT_EQ(all.law.require(wall_clock_now())->version, 1U);
    all.storage().start();
    all.archive.round(*all.keeper.chain(), LivingCore::soon());
    EXPECT_EQ(all.archive.health().owed, 0U);
    EXPECT_EQ(all.archive.health().trouble, "");
    EXPECT_EQ(owed(), 0U);
}

}  // namespace
}  // namespace soma::services
