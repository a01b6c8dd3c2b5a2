#include "domain/identity/compact_token.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

std::string compact(std::string_view header, std::string_view claims, std::string_view signature) {
    return to_base64url(header) + "." + to_base64url(claims) + "." + to_base64url(signature);
}

std::variant<TokenHeader, TokenRefusal> judge(const char* header,
                                              std::vector<Algorithm> allowed = {Algorithm::es256}) {
    return check_header(json::parse(header).as_object(), allowed);
}

TEST(CompactToken, TakesApartWhatWasPutTogether) {
    const std::string text = compact(R"({"alg":"ES256"})", R"({"sub":"é"})", "\x01\x02\xff");
    const auto token = parse_compact_token(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->header.at("alg"), "ES256");
    EXPECT_EQ(token->claims.at("sub"), "é");
    EXPECT_EQ(token->signature, "\x01\x02\xff");
    EXPECT_EQ(token->signing_input, text.substr(0, text.rfind('.')));
}

TEST(CompactToken, RefusesEveryOtherShape) {
    const std::string h = to_base64url(R"({"alg":"ES256"})");
    const std::string c = to_base64url(R"({"sub":"a"})");
    const std::vector<std::string> bad{
        "",
        ".",
        "..",
        "...",
        h,
        h + "." + c,
        h + "." + c + ".AAAA.AAAA",
        "." + c + ".AAAA",
        h + "..AAAA",
        "Bearer " + h + "." + c + ".AAAA",
        h + "." + c + ".AAAA ",
        h + "=." + c + ".AAAA",
        h + "." + c + ".AAA=",
        h + "." + c + ".AB",  // stray bits
        h + "." + c + ".AA+A",
        h + "." + c + ".AA/A",
        h + "." + c + ".A",
        h + "\n." + c + ".AAAA",
        compact("[]", R"({"a":1})", "s"),
        compact(R"({"alg":"ES256"})", "\"text\"", "s"),
        compact("null", "{}", "s"),
        compact(R"({"alg":"ES256"})", R"({"a":1,"a":2})", "s"),
        compact(R"({"alg":"none","alg":"ES256"})", "{}", "s"),
        compact(R"({"alg":"ES256"} )"
                "x",
                "{}", "s"),
        compact("\xef\xbb\xbf{}", "{}", "s"),
        compact("{}", "{\"a\":\"\xff\"}", "s"),
        compact("{}", R"({"exp":NaN})", "s"),
        compact("{}", std::string(9, '[') + std::string(9, ']'), "s"),
        compact("{}", R"({"a":[[[[[[[[1]]]]]]]]})", "s"),
    };
    for (const auto& text : bad) {
        EXPECT_FALSE(parse_compact_token(text)) << text;
    }
}

TEST(CompactToken, SizeIsBounded) {
    const std::string base = compact("{}", "{}", "");
    ASSERT_TRUE(parse_compact_token(base));
    const std::string longest = base + std::string((kMaxTokenBytes - base.size()) / 4 * 4, 'A');
    EXPECT_TRUE(parse_compact_token(longest));
    EXPECT_FALSE(parse_compact_token(longest + std::string(8, 'A')));
}

TEST(CompactToken, HeadersWithinTheListPass) {
    const auto plain = judge(R"({"alg":"ES256"})");
    ASSERT_TRUE(std::holds_alternative<TokenHeader>(plain));
    EXPECT_EQ(std::get<TokenHeader>(plain).key_id, "");
    for (const char* type : {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"}) {
        const std::string header =
            std::string(R"({"alg":"ES256","kid":"k1","typ":")") + type + "\"}";
        const auto outcome = judge(header.c_str());
        ASSERT_TRUE(std::holds_alternative<TokenHeader>(outcome)) << type;
        EXPECT_EQ(std::get<TokenHeader>(outcome).key_id, "k1");
    }
}

TEST(CompactToken, AlgorithmsOutsideTheListAreRefused) {
    for (const char* header :
         {R"({})", R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"nOnE"})", R"({"alg":""})",
          R"({"alg":null})", R"({"alg":["ES256"]})", R"({"alg":"HS256"})", R"({"alg":"RS256"})",
          R"({"alg":"ES384"})", R"({"alg":"ES256K"})", R"({"alg":"PS256"})", R"({"alg":"es256"})",
          R"({"alg":"ES256 "})", R"({"alg":"EdDSA"})"}) {
        const auto outcome = judge(header);
        ASSERT_TRUE(std::holds_alternative<TokenRefusal>(outcome)) << header;
        EXPECT_EQ(std::get<TokenRefusal>(outcome), TokenRefusal::algorithm_forbidden) << header;
    }
    EXPECT_TRUE(
        std::holds_alternative<TokenHeader>(judge(R"({"alg":"RS256"})", {Algorithm::rs256})));
    EXPECT_TRUE(std::holds_alternative<TokenRefusal>(judge(R"({"alg":"ES256"})", {})));
}

TEST(CompactToken, HeadersThatBringKeysOrExtensionsAreRefused) {
    for (const char* header :
         {R"({"alg":"ES256","crit":["exp"]})", R"({"alg":"ES256","crit":[]})",
          R"({"alg":"ES256","jwk":{"kty":"EC"}})",
          R"({"alg":"ES256","jku":"https://evil.example"})",
          R"({"alg":"ES256","x5u":"https://evil.example"})", R"({"alg":"ES256","x5c":["AAAA"]})",
          R"({"alg":"ES256","x5t":"AAAA"})", R"({"alg":"ES256","b64":false})",
          R"({"alg":"ES256","zip":"DEF"})", R"({"alg":"ES256","enc":"A256GCM"})",
          R"({"alg":"ES256","cty":"JWT"})", R"({"alg":"ES256","kid":1})",
          R"({"alg":"ES256","kid":""})", R"({"alg":"ES256","typ":"JWE"})",
          R"({"alg":"ES256","typ":"dpop+jwt"})", R"({"alg":"ES256","typ":7})",
          R"({"alg":"ES256","Alg":"none"})"}) {
        const auto outcome = judge(header);
        ASSERT_TRUE(std::holds_alternative<TokenRefusal>(outcome)) << header;
        EXPECT_EQ(std::get<TokenRefusal>(outcome), TokenRefusal::header_forbidden) << header;
    }
    json::object long_id{{"alg", "ES256"}, {"kid", std::string(kMaxKeyIdBytes + 1, 'k')}};
    EXPECT_TRUE(
        std::holds_alternative<TokenRefusal>(check_header(long_id, std::vector{Algorithm::es256})));
}

TEST(CompactToken, AnAlgorithmFitsOneKindOfKey) {
    const KeyType keys[] = {KeyType::ec_p256, KeyType::rsa, KeyType::ed25519};
    const Algorithm algorithms[] = {Algorithm::es256, Algorithm::rs256, Algorithm::eddsa};
    for (int a = 0; a < 3; ++a) {
        for (int k = 0; k < 3; ++k) {
            EXPECT_EQ(algorithm_fits(algorithms[a], keys[k]), a == k);
        }
        EXPECT_EQ(parse_algorithm(algorithm_name(algorithms[a])), algorithms[a]);
    }
}

TEST(CompactToken, AnyBytesAreJudgedWithoutHarm) {
    ASSERT_TRUE(rc::check("text", [](const std::string& text) { parse_compact_token(text); }));
    ASSERT_TRUE(rc::check("parts", [](const std::string& header, const std::string& claims) {
        parse_compact_token(compact(header, claims, claims));
    }));
}

}  // namespace
}  // namespace soma::domain
