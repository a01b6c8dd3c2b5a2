#include "domain/erasure/receipt.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/canonical_json.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// An Ed25519 key as OpenBao has one.
class Signer {
  public:
    Signer() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free) {}

    std::string public_key() const {
        std::string bytes(32, '\0');
        std::size_t size = bytes.size();
        EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                    &size);
        return bytes;
    }
    ReceiptSignature sign(const std::string& message, std::uint32_t version = 1) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free);
        std::string bytes(64, '\0');
        std::size_t size = bytes.size();
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
        return {version, bytes};
    }

  private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

std::string text(const json::value& value) {
    return std::string(value.as_string());
}

class ReceiptTest : public ::testing::Test {
  protected:
    ReceiptTest() {
        erasure.id = *Uuid::parse("01a2069d-a768-7000-9774-ecfeea740b6d");
        erasure.subject_hmac = std::string(32, '\xab');
        erasure.key_id = std::string(16, '\x01');
        erasure.requested_at = *parse_rfc3339("2026-11-23T04:00:00Z");
        erasure.rows = {1, 2, 3, 4, 5, 6};
        erasure.log_index = 7;
        erasure.leaf = std::string(32, '\x02');
        statement = receipt_statement(erasure, facts);
        receipt = signed_receipt(statement, signer.sign(statement));
    }
    /// The receipt with one member put elsewhere, still JSON.
    template <class Change>
    std::string changed(Change change) const {
        json::object object = json::parse(receipt).as_object();
        change(object);
        return json::serialize(object);
    }

    Erasure erasure;
    ReceiptFacts facts{*Uuid::parse("01a2069d-a614-7000-9021-1d2a3245ccd7"),
                       *parse_rfc3339("2026-11-23T04:00:01Z"),
                       *parse_rfc3339("2026-11-30T04:00:01Z"),
                       *parse_rfc3339("2026-11-23T05:00:01Z")};
    Signer signer;
    std::string statement, receipt;
};

TEST_F(ReceiptTest, NamesEveryTierAndWhenTheLastSnapshotIsGone) {
    const auto object = json::parse(statement).as_object();
    const auto& tiers = object.at("tiers").as_object();
    for (const char* tier :
         {"postgresql", "postgresql_wal", "backups", "index", "redis", "openbao"}) {
        EXPECT_TRUE(tiers.contains(tier)) << tier;
    }
    EXPECT_EQ(tiers.size(), 6U);
    EXPECT_EQ(tiers.at("openbao").at("snapshots_expire_at"), "2026-11-30T04:00:01.000000Z");
    EXPECT_EQ(tiers.at("redis").at("copies_expire_at"), "2026-11-23T05:00:01.000000Z");
    EXPECT_EQ(json::serialize(tiers.at("postgresql").at("rows")),
              R"({"embeddings":2,"evaluations":4,"feedback_events":5,"links":3,"memories":1,)"
              R"("token_usage":6})");
    EXPECT_EQ(object.at("event").at("log_index"), 7);
    EXPECT_EQ(text(object.at("event").at("leaf")), to_hex(erasure.leaf));
    EXPECT_EQ(text(object.at("subject")), "hmac-sha256:" + to_hex(erasure.subject_hmac));
    EXPECT_EQ(statement, to_canonical_json(object));
}

TEST_F(ReceiptTest, VerifiesAsItIsAndHoweverItIsPrinted) {
    const auto parsed = parse_receipt(receipt);
    EXPECT_EQ(parsed.statement, statement);
    EXPECT_EQ(parsed.erasure_id, erasure.id.to_string());
    EXPECT_EQ(parsed.completed_at, "2026-11-23T04:00:01.000000Z");
    EXPECT_EQ(parsed.signature.key_version, 1U);
    EXPECT_TRUE(is_signed_by(parsed, signer.public_key()));
    // Within the answer, with other spaces and another order of members.
    const std::string answer = "{ \"id\": \"x\", \"receipt\":\n " +
                               changed([](json::object& object) {
                                   const json::value tiers = object.at("tiers");
                                   object.erase("tiers");
                                   object["tiers"] = tiers;
                               }) +
                               "}\n";
    EXPECT_TRUE(is_signed_by(parse_receipt(answer), signer.public_key()));
}

TEST_F(ReceiptTest, AnyChangeIsNoticed) {
    EXPECT_FALSE(is_signed_by(parse_receipt(receipt), Signer().public_key()));
    for (const char* name :
         {"tenant", "subject", "key_id", "requested_at", "completed_at", "erasure_id"}) {
        const auto other = changed([&](json::object& object) { object[name] = "other"; });
        EXPECT_FALSE(is_signed_by(parse_receipt(other), signer.public_key())) << name;
    }
    const auto fewer =
        changed([](json::object& object) { object.at("tiers").as_object().erase("backups"); });
    EXPECT_FALSE(is_signed_by(parse_receipt(fewer), signer.public_key()));
    const auto more = changed([](json::object& object) { object["note"] = "added"; });
    EXPECT_FALSE(is_signed_by(parse_receipt(more), signer.public_key()));
}

TEST_F(ReceiptTest, WhatIsNoReceiptIsRefusedInWords) {
    const auto reason = [](const std::string& given) -> std::string {
        try {
            parse_receipt(given);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
            return error.public_message();
        }
        return "";
    };
    for (const std::string bad : {"", "null", "[]", "{", "{\"receipt\": 3}", "{} {}"}) {
        EXPECT_EQ(reason(bad), "not a receipt: it is no JSON object") << bad;
    }
    EXPECT_EQ(reason("{}"), "not a receipt: \"format\" is missing");
    EXPECT_EQ(reason(R"({"format": "somabrain/erasure-receipt/v2"})"),
              "not a receipt: its format is unknown");
    EXPECT_EQ(reason(statement), "not a receipt: \"signature\" is missing");
    EXPECT_EQ(reason(std::string(kMaxReceiptBytes + 1, ' ')),
              "not a receipt: it has more than 65536 bytes");
    const auto with = [&](const char* name, const json::value& value) {
        return changed(
            [&](json::object& object) { object.at("signature").as_object()[name] = value; });
    };
    EXPECT_EQ(reason(with("key", "other")), "not a receipt: its signature is of another key");
    for (const json::value& version : {json::value(0), json::value(-1), json::value("1"),
                                       json::value(1.5), json::value(5'000'000'000)}) {
        EXPECT_EQ(reason(with("version", version)),
                  "not a receipt: \"version\" must be a number from 1");
    }
    for (const char* value : {"", "AAAA", "not base64 at all"}) {
        EXPECT_EQ(reason(with("value", value)),
                  "not a receipt: \"value\" must be base64 of 64 bytes");
    }
    // A member twice: two readers might disagree on what was signed.
    std::string twice = receipt;
    twice.insert(1, R"("tenant":"other",)");
    EXPECT_EQ(reason(twice), "not a receipt: it is no JSON object");
}

}  // namespace
}  // namespace soma::domain
