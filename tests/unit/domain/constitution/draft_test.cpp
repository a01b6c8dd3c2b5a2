#include "domain/constitution/draft.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "base/canonical_json.h"
#include "base/error.h"
#include "domain/constitution/chain.h"
#include "support/law_forge.h"

namespace soma::domain {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::vector<Signer> signers(std::string_view names) {
    std::vector<Signer> out;
    for (const auto& holder : testing::holders(names)) {
        out.push_back({holder.name(), holder.public_key()});
    }
    return out;
}

DraftTerms terms(std::string_view names) {
    return {signers(names), std::nullopt, testing::kNow, testing::kNow + std::chrono::days(30)};
}

TEST(Draft, AFirstVersionHasItsSourcesWordsAndItsOwnTerms) {
    json::object source = testing::law_json(7, std::string(64, 'p'));
    source.erase("signers");
    source.erase("issued_at");
    source["expires_at"] = "nonsense that is replaced";
    const Document first = draft_first(json::serialize(source), terms("xyz"));
    EXPECT_EQ(first.law.version, 1U);
    EXPECT_EQ(first.law.previous, "");
    EXPECT_EQ(first.law.signers, signers("xyz"));
    EXPECT_EQ(first.law.threshold, 3U);
    EXPECT_EQ(first.law.issued_at, testing::kNow);
    EXPECT_EQ(first.law.expires_at, testing::kNow + std::chrono::days(30));
    EXPECT_EQ(first.law.articles, testing::document_of(testing::law_json()).law.articles);
    Chain chain(first.hash);
    EXPECT_EQ(chain.append(testing::signed_by(first, "xyz")), std::nullopt);
}

TEST(Draft, AThresholdThatIsGivenReplacesTheSources) {
    auto given = terms("xyz");
    given.threshold = 2;
    const std::string source = to_canonical_json(testing::law_json());
    EXPECT_EQ(draft_first(source, given).law.threshold, 2U);
    given.threshold = 4;
    EXPECT_THROW(draft_first(source, given), Error);
}

TEST(Draft, WhatIsWrongInTheSourceIsNamed) {
    const auto refusal = [](std::string_view source, const DraftTerms& given) -> std::string {
        try {
            draft_first(source, given);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
            return error.field() + " " + error.public_message();
        }
        return "none";
    };
    EXPECT_EQ(refusal("[]", terms("xyz")), " must be an object");
    EXPECT_NE(refusal("{", terms("xyz")).find("not JSON"), std::string::npos);
    EXPECT_NE(refusal("{}", terms("xyz")), "none");
    EXPECT_NE(refusal(std::string(kMaxConstitutionBytes + 1, ' '), terms("xyz")).find("262144"),
              std::string::npos);
    const std::string source = to_canonical_json(testing::law_json());
    EXPECT_EQ(refusal(source, terms("xyz")), "none");
    EXPECT_NE(refusal(source, terms("xyx")).find("/signers/2/id"), std::string::npos);
    auto backwards = terms("xyz");
    backwards.expires_at = backwards.issued_at;
    EXPECT_NE(refusal(source, backwards).find("/expires_at"), std::string::npos);
}

TEST(Draft, ANextVersionFollowsUnchanged) {
    Chain chain = testing::first_chain();
    const Document next = testing::document_of(draft_next(*chain.head(), testing::kNow));
    EXPECT_EQ(next.law.version, 2U);
    EXPECT_EQ(next.law.previous, chain.head()->hash);
    EXPECT_EQ(next.law.issued_at, testing::kNow);
    EXPECT_EQ(next.law.expires_at - next.law.issued_at,
              chain.law()->expires_at - chain.law()->issued_at);
    EXPECT_EQ(next.law.rules.size(), chain.law()->rules.size());
    EXPECT_EQ(chain.append(testing::signed_by(next, "bcd")), std::nullopt);
}

TEST(Draft, ANextVersionIsNotIssuedBeforeItsPredecessor) {
    Chain chain = testing::first_chain();
    const Document next = testing::document_of(draft_next(*chain.head(), Time{}));
    EXPECT_EQ(next.law.issued_at, chain.law()->issued_at);
    EXPECT_EQ(chain.append(testing::signed_by(next, "abc")), std::nullopt);
}

}  // namespace
}  // namespace soma::domain
