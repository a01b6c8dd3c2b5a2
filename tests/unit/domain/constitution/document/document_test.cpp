#include "domain/constitution/document/document.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "support/law_forge.h"

namespace soma::domain {
namespace {

namespace json = boost::json;
using testing::law_json;

std::string refusal(std::string_view text, Document (*read)(std::string_view) = read_document) {
    try {
        read(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.field() + " " + error.public_message();
    }
    return "none";
}

std::string canonical_refusal(std::string_view text) {
    return refusal(text, read_canonical_document);
}

TEST(Document, EveryFieldIsRead) {
    const Document document = testing::document_of(law_json());
    EXPECT_EQ(document.law.version, 1U);
    EXPECT_EQ(document.law.previous, "");
    EXPECT_EQ(document.law.issued_at, parse_rfc3339(testing::kIssued));
    EXPECT_EQ(document.law.expires_at, parse_rfc3339(testing::kExpires));
    EXPECT_EQ(document.law.threshold, 3U);
    ASSERT_EQ(document.law.signers.size(), 5U);
    EXPECT_EQ(document.law.signers[1], (Signer{"b", testing::Holder("b").public_key()}));
    EXPECT_EQ(document.law.articles[0], (Article{"isolation", "No tenant sees another's."}));
    EXPECT_EQ(document.law.rules.size(), 1U);
}

TEST(Document, IdentityIsSha3OfTheCanonicalForm) {
    const auto law = law_json();
    const Document document = testing::document_of(law);
    EXPECT_EQ(document.text, to_canonical_json(law));
    EXPECT_EQ(document.hash, sha3_512(document.text));
    EXPECT_EQ(parse_hash(to_hex(document.hash)), document.hash);
}

TEST(Document, LayoutAndOrderOfWhatAPersonWroteSayNothing) {
    const Document plain = testing::document_of(law_json());
    std::string spaced;
    bool quoted = false;
    for (const char c : plain.text) {
        quoted ^= c == '"';
        spaced.push_back(c);
        spaced += !quoted && (c == ',' || c == ':') ? "\n  " : "";
    }
    const Document same = read_document(spaced);
    EXPECT_EQ(same.text, plain.text);
    EXPECT_EQ(same.hash, plain.hash);
    EXPECT_EQ(canonical_refusal(plain.text), "none");
    EXPECT_TRUE(canonical_refusal(spaced).starts_with(" must be in canonical form")) << spaced;
}

TEST(Document, SignedBytesAreLaidOutAsTheySay) {
    const Document first = testing::document_of(law_json());
    EXPECT_EQ(signed_bytes(first), std::string("somabrain/constitution/v1\0", 26) +
                                       std::string("\0\0\0\0\0\0\0\1", 8) + std::string(64, '\0') +
                                       first.hash);
    const Document second = testing::document_of(law_json(2, first.hash));
    EXPECT_EQ(second.law.previous, first.hash);
    EXPECT_EQ(signed_bytes(second), std::string("somabrain/constitution/v1\0", 26) +
                                        std::string("\0\0\0\0\0\0\0\2", 8) + first.hash +
                                        second.hash);
}

TEST(Document, SizeIsLimitedBeforeAnythingIsRead) {
    EXPECT_EQ(refusal(std::string(kMaxConstitutionBytes + 1, ' ')),
              " must have at most 262144 bytes");
    EXPECT_EQ(refusal(std::string(kMaxConstitutionBytes, ' ')),
              " not JSON: it ends too early (byte 262144)");
    EXPECT_EQ(refusal(""), " not JSON: it ends too early (byte 0)");
    EXPECT_EQ(refusal("\xef\xbb\xbf{}"), " must not begin with a byte order mark");
    EXPECT_EQ(refusal(std::string(17, '[')), " nested more than 16 levels deep (byte 16)");
}

TEST(Document, TheLargestDocumentFitsAndOneByteMoreDoesNot) {
    auto law = law_json();
    json::array articles;
    for (int i = 0; i < 64; ++i) {
        articles.push_back(
            json::object{{"id", "a" + std::to_string(i)}, {"text", std::string(3'900, 'x')}});
    }
    articles[0] = {{"id", "isolation"}, {"text", "x"}};
    law["articles"] = articles;
    const std::string text = to_canonical_json(law);
    const std::size_t room = kMaxConstitutionBytes - text.size();
    EXPECT_EQ(refusal(text + std::string(room, ' ')), "none");
    EXPECT_EQ(refusal(text + std::string(room + 1, ' ')), " must have at most 262144 bytes");
}

TEST(Document, ATermEndsAfterItBegins) {
    auto law = law_json();
    const std::string words = "/expires_at must be after issued_at, by at most 3660 days";
    law["expires_at"] = testing::kIssued;
    EXPECT_EQ(refusal(to_canonical_json(law)), words);
    law["expires_at"] = "2025-12-31T23:59:59.999999Z";
    EXPECT_EQ(refusal(to_canonical_json(law)), words);
    law["expires_at"] = "2036-01-09T00:00:00Z";
    EXPECT_EQ(refusal(to_canonical_json(law)), "none");
    law["expires_at"] = "2036-01-09T00:00:00.000001Z";
    EXPECT_EQ(refusal(to_canonical_json(law)), words);
}

TEST(Document, StartingValuesLieWithinTheirBounds) {
    auto law = law_json();
    law["utility"].as_object()["mu"] = 9;
    EXPECT_EQ(refusal(to_canonical_json(law)), "/utility/mu must be a number from 0.125 to 8");
    law = law_json();
    law["bounds"].as_object()["tau"] = {{"min", 0}, {"max", 1}};
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/bounds/tau/min must be a number from 0.000001 to 1000000");
    law["bounds"].as_object()["tau"] = {{"min", 2}, {"max", 1}};
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/bounds/tau/max must be a number from 2 to 1000000");
}

TEST(Document, ALawUnderWhichNothingCanPassIsRefused) {
    auto law = law_json();
    law["utility"].as_object()["u_min"] = 1;
    EXPECT_EQ(refusal(to_canonical_json(law)), "none");
    law["utility"].as_object()["u_min"] = 1.5;
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/utility/b must not be less than u_min: no plan could ever pass");
}

TEST(Document, VersionOneFollowsNothingAndOthersSomething) {
    auto law = law_json(1, std::string(64, 'h'));
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/previous must be null: nothing comes before version 1");
    law = law_json(2, "");
    EXPECT_EQ(refusal(to_canonical_json(law)), "/previous must be a text");
    law = law_json(2, std::string(63, 'h'));
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/previous must be 64 bytes in lower-case hexadecimal");
}

TEST(Document, RolesOfLimitsAreTheSix) {
    auto law = law_json();
    law["limits"] = {{"robot", json::object()}};
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/limits/robot must be one of agent, reader, operator, signer, auditor, admin");
    law["limits"] = json::object();
    EXPECT_EQ(refusal(to_canonical_json(law)), "none");
    law["limits"] = {{"agent", {{"requests_per_minute", 0}, {"burst", 1}, {"batch_items", 1}}}};
    EXPECT_EQ(refusal(to_canonical_json(law)),
              "/limits/agent/requests_per_minute must be an integer from 1 to 10000000");
}

TEST(Document, HashesAreRead) {
    EXPECT_FALSE(parse_hash(""));
    EXPECT_FALSE(parse_hash(std::string(126, '0')));
    EXPECT_FALSE(parse_hash(std::string(128, 'g')));
    EXPECT_EQ(parse_hash(std::string(128, '0')), std::string(64, '\0'));
}

}  // namespace
}  // namespace soma::domain
