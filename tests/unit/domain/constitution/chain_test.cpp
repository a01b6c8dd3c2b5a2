#include "domain/constitution/chain.h"

#include <gtest/gtest.h>

#include "support/law_forge.h"

namespace soma::domain {
namespace {

using testing::document_of;
using testing::first_chain;
using testing::law_json;
using testing::next_json;
using testing::signed_by;

std::string said(const std::optional<LawRefusal>& refusal) {
    return refusal ? std::string(reason_name(refusal->reason)) + ": " + refusal->message : "none";
}

/// Three versions: the signers go from a–e by c–g to e–i.
Chain three_versions() {
    Chain chain = first_chain();
    auto second = next_json(chain);
    second["signers"] = testing::signers_json("cdefg");
    EXPECT_EQ(said(chain.append(signed_by(document_of(second), "cde"))), "none");
    auto third = next_json(chain);
    third["signers"] = testing::signers_json("efghi");
    EXPECT_EQ(said(chain.append(signed_by(document_of(third), "efg"))), "none");
    return chain;
}

TEST(Chain, BeginsEmpty) {
    const Chain chain(std::string(64, 'r'));
    EXPECT_EQ(chain.version(), 0U);
    EXPECT_EQ(chain.head(), nullptr);
    EXPECT_EQ(chain.law(), nullptr);
}

TEST(Chain, GrowsFromTheTrustRoot) {
    const Chain chain = three_versions();
    EXPECT_EQ(chain.version(), 3U);
    EXPECT_EQ(chain.head()->law.version, 3U);
    EXPECT_EQ(chain.law(), &chain.head()->law);
    EXPECT_EQ(chain.hash(3), chain.head()->hash);
    EXPECT_EQ(chain.hash(2), chain.head()->law.previous);
    EXPECT_EQ(chain.hash(1), document_of(law_json()).hash);
}

TEST(Chain, AnotherVersionOneIsNotTheTrustRoot) {
    Chain chain(std::string(64, 'r'));
    EXPECT_EQ(said(chain.append(signed_by(document_of(law_json()), "abc"))),
              "trust_root: version 1 is not the trust root");
    EXPECT_EQ(chain.version(), 0U);
}

TEST(Chain, ARefusedVersionChangesNothing) {
    Chain chain = first_chain();
    const std::string hash = chain.head()->hash;
    const Document next = document_of(next_json(chain));
    EXPECT_EQ(said(chain.append(signed_by(next, "ab"))),
              "old_threshold: too few signers of the version before: 2 of 3 needed");
    EXPECT_EQ(chain.version(), 1U);
    EXPECT_EQ(chain.head()->hash, hash);
    EXPECT_EQ(said(chain.append(signed_by(next, "abc"))), "none");
    EXPECT_EQ(chain.version(), 2U);
}

TEST(Chain, NumbersRiseByOne) {
    Chain chain = three_versions();
    for (const std::uint64_t version : {2, 3, 5, 6}) {
        auto json = law_json(version, chain.head()->hash);
        json["signers"] = testing::signers_json("efghi");
        EXPECT_EQ(said(chain.append(signed_by(document_of(json), "efg"))),
                  "version: version " + std::to_string(version) +
                      " cannot follow version 3: it must be 4");
    }
}

TEST(Chain, EveryVersionNamesTheOneBefore) {
    Chain chain = first_chain();
    const auto json = law_json(2, std::string(64, 'x'));
    EXPECT_EQ(said(chain.append(signed_by(document_of(json), "abc"))),
              "previous: version 2 does not continue this version 1");
}

TEST(Chain, AVersionIsNotIssuedBeforeItsPredecessor) {
    Chain chain = first_chain();
    auto json = next_json(chain);
    json["issued_at"] = "2025-12-31T23:59:59Z";
    EXPECT_EQ(said(chain.append(signed_by(document_of(json), "abc"))),
              "not_yet_valid: version 2 is issued before its predecessor");
    json["issued_at"] = testing::kIssued;
    EXPECT_EQ(said(chain.append(signed_by(document_of(json), "abc"))), "none");
}

TEST(Chain, ATextThatDoesNotReadIsRefusedWithItsPointer) {
    Chain chain = first_chain();
    auto json = next_json(chain);
    json["threshold"] = 6;
    EXPECT_EQ(said(chain.append({to_canonical_json(json), {}})),
              "document: /threshold must be an integer from 1 to 5");
    EXPECT_EQ(said(chain.append({"{", {}})),
              "document: the document not JSON: it ends too early (byte 1)");
}

TEST(Chain, ATermBeginsAndEnds) {
    const Constitution law = document_of(law_json()).law;
    const std::chrono::microseconds moment(1);
    EXPECT_EQ(said(check_term(law, testing::kNow)), "none");
    EXPECT_EQ(said(check_term(law, law.issued_at - kClockTolerance)), "none");
    EXPECT_EQ(said(check_term(law, law.issued_at - kClockTolerance - moment)),
              "not_yet_valid: version 1 is issued in the future: at 2026-01-01T00:00:00.000000Z");
    EXPECT_EQ(said(check_term(law, law.expires_at - moment)), "none");
    EXPECT_EQ(said(check_term(law, law.expires_at)),
              "expired: version 1 expired at 2026-12-01T00:00:00.000000Z");
}

TEST(Chain, MarksShowWhatWasSeenBefore) {
    const Chain chain = three_versions();
    const auto check = [&](std::uint64_t version, std::string_view hash) {
        const Mark marks[] = {{"postgresql", 3, chain.hash(3)}, {"redis", version, hash}};
        return said(check_marks(chain, marks));
    };
    EXPECT_EQ(check(0, ""), "none");
    EXPECT_EQ(check(1, chain.hash(1)), "none");
    EXPECT_EQ(check(3, chain.hash(3)), "none");
    EXPECT_EQ(check(4, "?"),
              "rolled_back: redis has seen version 4, the newest that verifies is version 3");
    EXPECT_EQ(check(3, chain.hash(2)), "disagreement: redis holds another version 3");
    EXPECT_EQ(check(2, chain.hash(1)), "disagreement: redis holds another version 2");
    EXPECT_EQ(said(check_marks(Chain(""), {})), "none");
}

TEST(ChainDeath, AHashOfNoVersionIsOurOwnMistake) {
    EXPECT_DEATH(first_chain().hash(2), "a version of this chain");
    EXPECT_DEATH(first_chain().hash(0), "a version of this chain");
}

}  // namespace
}  // namespace soma::domain
