#include "domain/constitution/signatures.h"

#include <gtest/gtest.h>

#include "support/law_forge.h"

namespace soma::domain {
namespace {

using testing::document_of;
using testing::law_json;

Tally tally(const Document& document, const Constitution* before, std::string_view names) {
    const auto version = testing::signed_by(document, names);
    const auto counted = count_signatures(document, before, version.signatures);
    EXPECT_TRUE(std::holds_alternative<Tally>(counted));
    return std::holds_alternative<Tally>(counted) ? std::get<Tally>(counted) : Tally{};
}

std::string reason(const Document& document, const Constitution* before,
                   const std::vector<Signature>& signatures) {
    const auto counted = count_signatures(document, before, signatures);
    const auto* refusal = std::get_if<LawRefusal>(&counted);
    return refusal == nullptr ? "none" : std::string(reason_name(refusal->reason));
}

TEST(Signatures, VersionOneAsksItsOwnSignersAlone) {
    const Document first = document_of(law_json());
    EXPECT_EQ(tally(first, nullptr, ""), (Tally{{0, 0}, {0, 3}}));
    EXPECT_EQ(tally(first, nullptr, "ab"), (Tally{{0, 0}, {2, 3}}));
    EXPECT_FALSE(tally(first, nullptr, "ab").reached());
    EXPECT_TRUE(tally(first, nullptr, "abd").reached());
    EXPECT_TRUE(tally(first, nullptr, "edcba").reached());
}

TEST(Signatures, ALaterVersionAsksBothSets) {
    const Document first = document_of(law_json());
    auto json = law_json(2, first.hash);
    json["signers"] = testing::signers_json("defgh");
    json["threshold"] = 2;
    const Document second = document_of(json);
    EXPECT_EQ(tally(second, &first.law, "abc"), (Tally{{3, 3}, {0, 2}}));
    EXPECT_EQ(tally(second, &first.law, "fgh"), (Tally{{0, 3}, {3, 2}}));
    EXPECT_EQ(tally(second, &first.law, "abd"), (Tally{{3, 3}, {1, 2}}));
    EXPECT_EQ(tally(second, &first.law, "ade"), (Tally{{3, 3}, {2, 2}}));
    EXPECT_TRUE(tally(second, &first.law, "ade").reached());
}

TEST(Signatures, AThresholdThatFallsStillNeedsTheOldOne) {
    const Document first = document_of(law_json());
    auto json = law_json(2, first.hash);
    json["threshold"] = 1;
    const Document second = document_of(json);
    EXPECT_FALSE(tally(second, &first.law, "a").reached());
    EXPECT_FALSE(tally(second, &first.law, "ab").reached());
    EXPECT_TRUE(tally(second, &first.law, "abc").reached());
}

TEST(Signatures, TheKeyCountsNotTheName) {
    const Document first = document_of(law_json());
    auto json = law_json(2, first.hash);
    auto signers = testing::signers_json("fbcde");
    signers[0].as_object()["id"] = "a";  // another key under a's id
    json["signers"] = signers;
    const Document second = document_of(json);
    EXPECT_EQ(tally(second, &first.law, "abc"), (Tally{{3, 3}, {2, 3}}));
    EXPECT_EQ(tally(second, &first.law, "fbc"), (Tally{{2, 3}, {3, 3}}));
}

TEST(Signatures, OneBadSignatureRefusesTheWhole) {
    const Document first = document_of(law_json());
    auto good = testing::signed_by(first, "abcd").signatures;
    EXPECT_EQ(reason(first, nullptr, good), "none");
    auto repeated = good;
    repeated.push_back(good[0]);
    EXPECT_EQ(reason(first, nullptr, repeated), "repeated_signer");
    auto stranger = good;
    stranger.push_back(testing::Holder("x").sign(first));
    EXPECT_EQ(reason(first, nullptr, stranger), "unknown_signer");
    auto flipped = good;
    flipped[3].bytes[10] ^= 1;
    EXPECT_EQ(reason(first, nullptr, flipped), "bad_signature");
    auto swapped = good;
    std::swap(swapped[0].bytes, swapped[1].bytes);
    EXPECT_EQ(reason(first, nullptr, swapped), "bad_signature");
    auto cut = good;
    cut[0].bytes.pop_back();
    EXPECT_EQ(reason(first, nullptr, cut), "bad_signature");
}

TEST(Signatures, SomethingElseSignedDoesNotCount) {
    const Document first = document_of(law_json());
    const testing::Holder a("a");
    EXPECT_EQ(reason(first, nullptr, {a.sign(first.text)}), "bad_signature");
    EXPECT_EQ(reason(first, nullptr, {a.sign(first.hash)}), "bad_signature");
    auto other = law_json();
    other["threshold"] = 2;
    EXPECT_EQ(reason(first, nullptr, {a.sign(document_of(other))}), "bad_signature");
    EXPECT_EQ(reason(first, nullptr, {a.sign(first)}), "none");
}

TEST(Signatures, ATallySaysWhichSetLacksHowMany) {
    EXPECT_FALSE(check_tally({{3, 3}, {2, 2}}));
    const auto old_set = check_tally({{2, 3}, {1, 2}});
    ASSERT_TRUE(old_set);
    EXPECT_EQ(old_set->reason, RefusalReason::old_threshold);
    EXPECT_EQ(old_set->message, "too few signers of the version before: 2 of 3 needed");
    const auto new_set = check_tally({{3, 3}, {1, 2}});
    ASSERT_TRUE(new_set);
    EXPECT_EQ(new_set->reason, RefusalReason::new_threshold);
    EXPECT_EQ(new_set->message, "too few of its own signers: 1 of 2 needed");
}

}  // namespace
}  // namespace soma::domain
