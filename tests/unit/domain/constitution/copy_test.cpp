#include "domain/constitution/copy.h"

#include <gtest/gtest.h>

#include "support/law_forge.h"

namespace soma::domain {
namespace {

using testing::document_of;
using testing::law_json;
using testing::next_json;
using testing::signed_by;

/// A chain of two versions, and what may be said of its second.
class CopyTest : public ::testing::Test {
  protected:
    CopyTest()
        : before(testing::first_chain()), chain(before), second(document_of(next_json(chain))) {
        EXPECT_FALSE(chain.append(signed_by(second, "abc")));
    }
    std::optional<SeenVersion> seen(const SignedVersion& copy) {
        return seen_in_copy(copy, chain, before);
    }
    /// Another second version.
    Document rival() {
        auto law = next_json(before);
        law["threshold"] = 2;
        return document_of(law);
    }

    Chain before;
    Chain chain;
    Document second;
};

TEST_F(CopyTest, TheEndAndWhatIsOlderSayNothing) {
    EXPECT_FALSE(seen(signed_by(second, "abc")));
    EXPECT_FALSE(seen(signed_by(second, "")));  // the text is the end's: heal the signatures
    EXPECT_FALSE(seen(signed_by(document_of(law_json()), "abc")));
}

TEST_F(CopyTest, DamageSaysNothing) {
    EXPECT_FALSE(seen({"", {}}));
    EXPECT_FALSE(seen({"{}", {}}));
    EXPECT_FALSE(seen({second.text + " ", {}}));
}

TEST_F(CopyTest, ANewerVersionOfTheQuorumIsSeen) {
    const Document third = document_of(next_json(chain));
    EXPECT_EQ(seen(signed_by(third, "bcd")), (SeenVersion{3, third.hash}));
    EXPECT_FALSE(seen(signed_by(third, "bc")));
    EXPECT_FALSE(seen(signed_by(third, "xyz")));
}

TEST_F(CopyTest, BeyondTheNextTheHoldersInForceMustVouch) {
    Chain longer = chain;
    ASSERT_FALSE(longer.append(signed_by(document_of(next_json(longer)), "abc")));
    const Document fourth = document_of(next_json(longer));
    EXPECT_EQ(seen(signed_by(fourth, "cde")), (SeenVersion{4, fourth.hash}));
    auto forged = next_json(longer);
    forged["signers"] = testing::signers_json("xyz");
    EXPECT_FALSE(seen(signed_by(document_of(forged), "xyz")));
}

TEST_F(CopyTest, AnotherTextInThePlaceOfTheEndCountsWhenTheQuorumSignedIt) {
    EXPECT_EQ(seen(signed_by(rival(), "cde")), (SeenVersion{2, rival().hash}));
    EXPECT_FALSE(seen(signed_by(rival(), "c")));
    auto forged = next_json(before);
    forged["signers"] = testing::signers_json("xyz");
    EXPECT_FALSE(seen(signed_by(document_of(forged), "xyz")));
}

TEST_F(CopyTest, BeforeTheFirstVersionOnlyTheTrustRootCounts) {
    const Document first = document_of(law_json());
    const Chain none(first.hash);
    EXPECT_EQ(seen_in_copy(signed_by(first, "abc"), none, none), (SeenVersion{1, first.hash}));
    EXPECT_FALSE(seen_in_copy(signed_by(first, "ab"), none, none));
    auto other = law_json();
    other["threshold"] = 1;
    EXPECT_FALSE(seen_in_copy(signed_by(document_of(other), "abc"), none, none));
    EXPECT_FALSE(seen_in_copy(signed_by(second, "abc"), none, none));
    // In the place of version 1 as well: its holders are whoever it says.
    EXPECT_FALSE(seen_in_copy(signed_by(document_of(other), "abc"), before, none));
}

}  // namespace
}  // namespace soma::domain
