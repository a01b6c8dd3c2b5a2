#include "backends/oidc/public_key.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <string>
#include <string_view>

#include "support/token_forge.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using domain::Algorithm;
using domain::KeyType;
using test::ForgeKey;

std::size_t usable(const json::value& jwk) {
    const auto keys = parse_key_set("{\"keys\":[" + json::serialize(jwk) + "]}");
    return keys ? keys->size() : 99;
}

json::object changed(json::object jwk, std::string_view member, json::value value) {
    jwk[member] = std::move(value);
    return jwk;
}

TEST(PublicKey, KnownAnswersOfTheRfcs) {
    struct Case {
        const char* key;
        Algorithm algorithm;
        const char* input;
        const char* signature;
    };
    const Case cases[] = {
        // RFC 7515 appendix A.3
        {R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
             "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
         Algorithm::es256,
         "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
         "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
         "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
        // RFC 8037 appendix A.4
        {R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
         Algorithm::eddsa, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
    };
    for (const Case& c : cases) {
        const auto keys = parse_key_set(std::string("{\"keys\":[") + c.key + "]}");
        ASSERT_TRUE(keys && keys->size() == 1) << c.key;
        const auto signature = from_base64url(c.signature).value();
        EXPECT_TRUE(verify_signature(keys->front(), c.algorithm, c.input, signature));
        EXPECT_FALSE(
            verify_signature(keys->front(), c.algorithm, std::string(c.input) + "x", signature));
    }
}

TEST(PublicKey, EachTypeVerifiesItsAlgorithmAlone) {
    const ForgeKey forges[] = {ForgeKey::ec(), ForgeKey::rsa(), ForgeKey::ed25519()};
    const Algorithm algorithms[] = {Algorithm::es256, Algorithm::rs256, Algorithm::eddsa};
    for (int k = 0; k < 3; ++k) {
        const auto keys = parse_key_set(test::key_set_text(forges[k].jwk("k")));
        ASSERT_TRUE(keys && keys->size() == 1);
        const std::string signature = forges[k].sign("message");
        for (int a = 0; a < 3; ++a) {
            EXPECT_EQ(verify_signature(keys->front(), algorithms[a], "message", signature), a == k);
        }
    }
}

TEST(PublicKey, AStatedAlgorithmBinds) {
    const auto forge = ForgeKey::ec();
    const auto stated = changed(forge.jwk("k"), "alg", "ES256");
    EXPECT_EQ(usable(stated), 1u);
    EXPECT_EQ(usable(changed(forge.jwk("k"), "alg", "ES384")), 0u);
    EXPECT_EQ(usable(changed(forge.jwk("k"), "alg", "HS256")), 0u);
    EXPECT_EQ(usable(changed(forge.jwk("k"), "alg", "RS256")), 0u);
    EXPECT_EQ(usable(changed(forge.jwk("k"), "alg", 7)), 0u);
}

TEST(PublicKey, KeysThatCannotServeAreLeftOut) {
    const auto ec = ForgeKey::ec().jwk("k");
    const auto rsa = ForgeKey::rsa().jwk("k");
    const auto ed = ForgeKey::ed25519().jwk("k");
    EXPECT_EQ(usable(ForgeKey::ec("P-384").jwk("k")), 0u);
    EXPECT_EQ(usable(ForgeKey::rsa(1024).jwk("k")), 0u);
    EXPECT_EQ(usable(changed(ec, "crv", "P-384")), 0u);
    EXPECT_EQ(usable(changed(ec, "crv", "secp256k1")), 0u);
    EXPECT_EQ(usable(changed(ec, "y", ec.at("x"))), 0u);  // off the curve
    EXPECT_EQ(usable(changed(ec, "x", "AAAA")), 0u);
    EXPECT_EQ(usable(changed(ec, "x", nullptr)), 0u);
    EXPECT_EQ(usable(changed(ec, "use", "enc")), 0u);
    EXPECT_EQ(usable(changed(ec, "use", nullptr)), 0u);
    EXPECT_EQ(usable(changed(ec, "d", "AAAA")), 0u);  // a private key is nothing to publish
    EXPECT_EQ(usable(changed(ec, "kid", json::string(257, 'k'))), 0u);
    EXPECT_EQ(usable(changed(rsa, "e", "AQ")), 0u);    // 1
    EXPECT_EQ(usable(changed(rsa, "e", "AAEA")), 0u);  // even
    EXPECT_EQ(usable(changed(rsa, "e", "")), 0u);
    EXPECT_EQ(usable(changed(rsa, "n", "")), 0u);
    EXPECT_EQ(usable(changed(ed, "crv", "X25519")), 0u);
    EXPECT_EQ(usable(changed(ed, "x", "AAAA")), 0u);
    EXPECT_EQ(usable(json::object{{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "k"}}), 0u);
    EXPECT_EQ(usable(json::object{{"kid", "k"}}), 0u);
    EXPECT_EQ(usable("text"), 0u);
}

TEST(PublicKey, WhatIsNoKeySetIsRefused) {
    for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})",
                             R"({"Keys":[]})", "null", "<html>"}) {
        EXPECT_FALSE(parse_key_set(text)) << text;
    }
    EXPECT_TRUE(parse_key_set(R"({"keys":[]})"));
    json::array keys(kMaxKeys, ForgeKey::ed25519().jwk("k"));
    EXPECT_EQ(parse_key_set("{\"keys\":" + json::serialize(keys) + "}")->size(), kMaxKeys);
    keys.emplace_back(json::object{});
    EXPECT_FALSE(parse_key_set("{\"keys\":" + json::serialize(keys) + "}"));
    EXPECT_FALSE(parse_key_set("{\"keys\":[]}" + std::string(kMaxKeySetBytes, ' ')));
}

TEST(PublicKey, SignaturesOfTheWrongFormAreRefused) {
    const auto forge = ForgeKey::ec();
    const auto key = parse_key_set(test::key_set_text(forge.jwk("k")))->front();
    const std::string good = forge.sign("m");
    ASSERT_TRUE(verify_signature(key, Algorithm::es256, "m", good));
    const std::string zero(32, '\0');
    for (const std::string& bad :
         {std::string(), good.substr(0, 63), good + std::string(1, '\0'), zero + zero,
          zero + good.substr(32), good.substr(0, 32) + zero, good.substr(32) + good.substr(0, 32),
          forge.sign_native("m"), std::string(64, '\xff')}) {
        EXPECT_FALSE(verify_signature(key, Algorithm::es256, "m", bad)) << to_hex(bad);
    }
}

}  // namespace
}  // namespace soma::backends
