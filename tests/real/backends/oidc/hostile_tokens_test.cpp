// Every way we know of to fool a verifier of tokens, each refused for its own reason.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "backends/oidc/token_verifier.h"
#include "base/crypto.h"
#include "support/token_forge.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using domain::Algorithm;
using domain::Principal;
using domain::TokenRefusal;
using test::ForgeKey;
using Refusal = TokenRefusal;
using namespace std::chrono_literals;

constexpr std::int64_t kNowSeconds = 1'800'000'000;
const Time kNow{std::chrono::seconds(kNowSeconds)};
constexpr const char* kEs = R"({"alg":"ES256","kid":"ec"})";

/// Two issuers: "one" signs with ES256, "two" with RS256 or EdDSA. Each set also holds keys that
/// must never verify anything.
class HostileTokens : public testing::Test {
  protected:
    ForgeKey ec = ForgeKey::ec();
    ForgeKey ec_stranger = ForgeKey::ec();
    ForgeKey ec_encryption = ForgeKey::ec();
    ForgeKey p384 = ForgeKey::ec("P-384");
    ForgeKey rsa = ForgeKey::rsa();
    ForgeKey rsa_small = ForgeKey::rsa(1024);
    ForgeKey ed = ForgeKey::ed25519();
    ForgeKey ed_stranger = ForgeKey::ed25519();
    std::string folder = testing::TempDir() + "hostile-" + to_hex(random_bytes(8));
    std::unique_ptr<TokenVerifier> verifier;

    void SetUp() override {
        std::filesystem::create_directories(folder);
        auto encryption = ec_encryption.jwk("enc");
        encryption["use"] = "enc";
        const json::object secret{{"kty", "oct"}, {"kid", "oct"}, {"k", "c2VjcmV0"}};
        std::ofstream(folder + "/one.json") << test::key_set_text(
            ec.jwk("ec"), rsa.jwk("rsa"), encryption, p384.jwk("p384"), secret);
        std::ofstream(folder + "/two.json")
            << test::key_set_text(rsa.jwk("rsa"), rsa_small.jwk("small"), ed.jwk("ed"));
        verifier = std::make_unique<TokenVerifier>(
            std::vector{issuer("one", {Algorithm::es256}),
                        issuer("two", {Algorithm::rs256, Algorithm::eddsa})});
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    IssuerConfig issuer(const std::string& name, std::vector<Algorithm> algorithms) const {
        IssuerConfig config;
        config.rules.issuer = name;
        config.rules.audience = "somabrain";
        config.rules.algorithms = std::move(algorithms);
        config.jwks_file = folder + "/" + name + ".json";
        return config;
    }

    static json::object claims_of(std::string_view issuer) {
        return {{"iss", issuer},      {"aud", "somabrain"},
                {"sub", "agent"},     {"tenant", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"},
                {"roles", {"agent"}}, {"exp", kNowSeconds + 600}};
    }
    static std::string claims(std::string_view issuer = "one") {
        return json::serialize(claims_of(issuer));
    }
    /// Claims of "one" with one replaced by JSON text.
    static std::string claims_with(std::string_view name, std::string_view text) {
        auto object = claims_of("one");
        object[name] = json::parse(text);
        return json::serialize(object);
    }
    std::string good() const { return ec.token(kEs, claims()); }
    static std::string unsigned_token(std::string_view header, std::string_view signature = {}) {
        return to_base64url(header) + "." + to_base64url(claims()) + "." + to_base64url(signature);
    }
    /// HS256 with the given bytes as the shared secret: what a confused verifier would accept.
    static std::string hmac_token(std::string_view header, std::string_view secret) {
        const std::string input = to_base64url(header) + "." + to_base64url(claims());
        return input + "." + to_base64url(hmac_sha256(secret, input));
    }
    /// A good token with its signature replaced.
    std::string resigned(const std::string& signature) const {
        const std::string token = good();
        return token.substr(0, token.rfind('.') + 1) + to_base64url(signature);
    }

    std::variant<Principal, Refusal> verify(std::string_view token) {
        return verifier->verify(token, kNow, Deadline(10s));
    }

    using Cases = std::vector<std::pair<std::string, std::string>>;  ///< what it is, the token
    void expect_refused(const Cases& cases, Refusal expected) {
        for (const auto& [what, token] : cases) {
            // Twice: the first answer must not be remembered as a good one.
            for (int i = 0; i < 2; ++i) {
                const auto outcome = verify(token);
                const auto* refusal = std::get_if<Refusal>(&outcome);
                ASSERT_NE(refusal, nullptr) << what;
                EXPECT_EQ(domain::refusal_name(*refusal), domain::refusal_name(expected)) << what;
            }
        }
        EXPECT_TRUE(std::holds_alternative<Principal>(verify(good())));
    }
};

TEST_F(HostileTokens, HonestOnesPass) {
    EXPECT_TRUE(std::holds_alternative<Principal>(verify(good())));
    EXPECT_TRUE(std::holds_alternative<Principal>(
        verify(rsa.token(R"({"alg":"RS256","kid":"rsa"})", claims("two")))));
    EXPECT_TRUE(std::holds_alternative<Principal>(
        verify(ed.token(R"({"alg":"EdDSA","kid":"ed","typ":"JWT"})", claims("two")))));
    // One key fits, so the key id may be left out.
    EXPECT_TRUE(
        std::holds_alternative<Principal>(verify(ec.token(R"({"alg":"ES256"})", claims()))));
}

TEST_F(HostileTokens, NotACompactToken) {
    const std::string token = good();
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    std::string stray_bits = token;
    stray_bits.back() = stray_bits.back() == 'A' ? 'B' : static_cast<char>(stray_bits.back() + 1);
    expect_refused(
        {{"empty", ""},
         {"dots", ".."},
         {"two parts", token.substr(0, last)},
         {"four parts", token + "." + token.substr(last + 1)},
         {"five parts (JWE)", token + ".AAAA.AAAA"},
         {"scheme included", "Bearer " + token},
         {"leading blank", " " + token},
         {"trailing newline", token + "\n"},
         {"NUL at the end", token + std::string(1, '\0')},
         {"padding", token + "=="},
         {"stray bits in the last letter", stray_bits},
         {"standard alphabet", token.substr(0, last + 1) + std::string(85, '+') + "A"},
         {"newline inside", token.substr(0, 10) + "\n" + token.substr(10)},
         {"empty header", token.substr(first)},
         {"JSON serialization", R"({"payload":"e30","signatures":[]})"},
         {"8 KiB and more",
          ec.token(kEs, claims_with("pad", "\"" + std::string(7000, 'x') + "\""))},
         {"header is an array", ec.token(R"(["ES256"])", claims())},
         {"claims are a string", ec.token(kEs, "\"claims\"")},
         {"claims are a nested token", ec.token(kEs, token)},
         {"BOM", ec.token(std::string("\xef\xbb\xbf") + kEs, claims())},
         {"header twice alg", ec.token(R"({"alg":"none","alg":"ES256","kid":"ec"})", claims())},
         {"claims twice tenant", ec.token(kEs, R"({"tenant":"x",)" + claims().substr(1))},
         {"claims twice exp, escaped", ec.token(kEs, R"({"\u0065xp":9e9,)" + claims().substr(1))},
         {"trailing bytes after the claims", ec.token(kEs, claims() + "{}")},
         {"invalid UTF-8", ec.token(kEs, "{\"sub\":\"\xff\"," + claims().substr(1))},
         {"lone surrogate", ec.token(kEs, R"({"x":"\ud800",)" + claims().substr(1))},
         {"NaN", ec.token(kEs, R"({"x":NaN,)" + claims().substr(1))},
         {"deep nesting", ec.token(kEs, R"({"x":[[[[[[[[[[]]]]]]]]]],)" + claims().substr(1))}},
        Refusal::malformed);
}

TEST_F(HostileTokens, ForbiddenAlgorithm) {
    const std::string public_key = json::serialize(ec.jwk("ec"));
    const auto point = from_base64url(ec.jwk("ec").at("x").as_string()).value();
    expect_refused(
        {{"none", unsigned_token(R"({"alg":"none"})")},
         {"none with a key id", unsigned_token(R"({"alg":"none","kid":"ec"})")},
         {"None", unsigned_token(R"({"alg":"None"})")},
         {"NONE with a signature", unsigned_token(R"({"alg":"NONE"})", std::string(64, 'x'))},
         {"no alg", ec.token(R"({"kid":"ec"})", claims())},
         {"alg is null", ec.token(R"({"alg":null,"kid":"ec"})", claims())},
         {"alg is a list", ec.token(R"({"alg":["ES256"],"kid":"ec"})", claims())},
         {"alg in lower case", ec.token(R"({"alg":"es256","kid":"ec"})", claims())},
         {"HS256 keyed with the JWK", hmac_token(R"({"alg":"HS256","kid":"ec"})", public_key)},
         {"HS256 keyed with the point", hmac_token(R"({"alg":"HS256","kid":"ec"})", point)},
         {"HS256 keyed with nothing", hmac_token(R"({"alg":"HS256"})", "")},
         {"HS256 keyed with the oct key", hmac_token(R"({"alg":"HS256","kid":"oct"})", "secret")},
         {"RS256 as HS256",
          hmac_token(R"({"alg":"HS256","kid":"rsa"})", json::serialize(rsa.jwk("rsa")))},
         {"RS256, the set's key but not the issuer's algorithm",
          rsa.token(R"({"alg":"RS256","kid":"rsa"})", claims())},
         {"PS256", rsa.token(R"({"alg":"PS256","kid":"rsa"})", claims())},
         {"EdDSA at the first issuer", ed.token(R"({"alg":"EdDSA","kid":"ed"})", claims())},
         {"ES384 with P-384", p384.token(R"({"alg":"ES384","kid":"p384"})", claims())},
         {"ES256K", ec.token(R"({"alg":"ES256K","kid":"ec"})", claims())},
         {"ES256 at the second issuer", ec.token(kEs, claims("two"))},
         {"ES256 named, RSA key and signature",
          rsa.token(R"({"alg":"ES256","kid":"rsa"})", claims())},
         {"RS256 named, Ed25519 key", ed.token(R"({"alg":"RS256","kid":"ed"})", claims("two"))},
         {"EdDSA named, RSA key", rsa.token(R"({"alg":"EdDSA","kid":"rsa"})", claims("two"))}},
        Refusal::algorithm_forbidden);
}

TEST_F(HostileTokens, ForbiddenHeader) {
    const auto with = [this](const std::string& more) {
        return ec.token(R"({"alg":"ES256","kid":"ec",)" + more + "}", claims());
    };
    const std::string own_key = json::serialize(ec_stranger.jwk("ec"));
    expect_refused(
        {{"its own key inside",
          ec_stranger.token(R"({"alg":"ES256","jwk":)" + own_key + "}", claims())},
         {"key at a url", with(R"("jku":"http://127.0.0.1:1/keys")")},
         {"certificate at a url", with(R"("x5u":"http://127.0.0.1:1/cert")")},
         {"certificate inside", with(R"("x5c":["MIIB"])")},
         {"critical extension", with(R"("crit":["b64"],"b64":false)")},
         {"empty crit", with(R"("crit":[])")},
         {"compressed", with(R"("zip":"DEF")")},
         {"encrypted", with(R"("enc":"A128GCM")")},
         {"nested", with(R"("cty":"JWT")")},
         {"another type", with(R"("typ":"logout+jwt")")},
         {"key id is a number", ec.token(R"({"alg":"ES256","kid":7})", claims())},
         {"key id too long",
          ec.token(R"({"alg":"ES256","kid":")" + std::string(300, 'k') + "\"}", claims())}},
        Refusal::header_forbidden);
}

TEST_F(HostileTokens, UnknownKeyOrIssuer) {
    const auto kid = [this](const std::string& id) {
        return ec_stranger.token(R"({"alg":"ES256","kid":")" + id + "\"}", claims());
    };
    expect_refused(
        {{"unknown", kid("nobody")},
         {"path", kid("../../../../dev/null")},
         {"query", kid("' OR 1=1 --")},
         {"other case", kid("EC")},
         {"an encryption key", ec_encryption.token(R"({"alg":"ES256","kid":"enc"})", claims())},
         {"a P-384 key", p384.token(R"({"alg":"ES256","kid":"p384"})", claims())},
         {"a symmetric key", kid("oct")},
         {"a 1,024-bit RSA key",
          rsa_small.token(R"({"alg":"RS256","kid":"small"})", claims("two"))}},
        Refusal::unknown_key);
    expect_refused({{"unknown", ec.token(kEs, claims("three"))},
                    {"empty", ec.token(kEs, claims(""))},
                    {"absent", ec.token(kEs, "{}")},
                    {"a list", ec.token(kEs, claims_with("iss", R"(["one"])"))},
                    {"longer", ec.token(kEs, claims("one/"))},
                    {"with NUL", ec.token(kEs, claims(std::string_view("one\0", 4)))}},
                   Refusal::unknown_issuer);
}

TEST_F(HostileTokens, BadSignature) {
    const std::string token = good();
    const std::string input = token.substr(0, token.rfind('.'));
    const std::string signature = from_base64url(token.substr(token.rfind('.') + 1)).value();
    const std::string zero(32, '\0');
    Cases cases{
        {"none at all", resigned("")},
        {"one byte short", resigned(signature.substr(0, 63))},
        {"one byte long", resigned(signature + "\x01")},
        {"all zero", resigned(zero + zero)},
        {"r zero", resigned(zero + signature.substr(32))},
        {"s zero", resigned(signature.substr(0, 32) + zero)},
        {"r and s exchanged", resigned(signature.substr(32) + signature.substr(0, 32))},
        {"DER", resigned(ec.sign_native(input))},
        {"of another token", resigned(ec.sign(input + "x"))},
        {"a stranger's", ec_stranger.token(kEs, claims())},
        {"a stranger's, no key id", ec_stranger.token(R"({"alg":"ES256"})", claims())},
        {"changed claims", to_base64url(kEs) + "." +
                               to_base64url(claims_with("roles", R"(["admin"])")) +
                               token.substr(token.rfind('.'))},
        {"changed header",
         to_base64url(R"({"alg":"ES256","kid":"ec","typ":"JWT"})") + token.substr(token.find('.'))},
        {"RSA signature altered",
         [&] {
             auto t = rsa.token(R"({"alg":"RS256","kid":"rsa"})", claims("two"));
             t[t.rfind('.') + 5] = t[t.rfind('.') + 5] == 'A' ? 'B' : 'A';
             return t;
         }()},
        {"Ed25519 by a stranger",
         ed_stranger.token(R"({"alg":"EdDSA","kid":"ed"})", claims("two"))},
    };
    for (std::size_t i = 0; i < signature.size(); i += 9) {
        std::string flipped = signature;
        flipped[i] = static_cast<char>(flipped[i] ^ 1);
        cases.emplace_back("bit flipped in byte " + std::to_string(i), resigned(flipped));
    }
    expect_refused(cases, Refusal::bad_signature);
}

TEST_F(HostileTokens, WellSignedButWrongClaims) {
    const auto with = [this](std::string_view name, std::string_view text) {
        return ec.token(kEs, claims_with(name, text));
    };
    expect_refused({{"expired", with("exp", "1799999000")}, {"1970", with("exp", "0")}},
                   Refusal::expired);
    expect_refused({{"nbf", with("nbf", "1800001000")}, {"iat", with("iat", "1800001000")}},
                   Refusal::not_yet_valid);
    expect_refused({{"text", with("exp", "\"1900000000\"")},
                    {"huge", with("exp", "1e30")},
                    {"negative", with("exp", "-1")},
                    {"null", with("exp", "null")},
                    {"no subject", with("sub", "null")},
                    {"empty subject", with("sub", "\"\"")},
                    {"control characters", with("sub", "\"a\\u001b[2J\"")}},
                   Refusal::bad_claim);
    expect_refused({{"another", with("aud", "\"other\"")}, {"none", with("aud", "[]")}},
                   Refusal::wrong_audience);
    expect_refused({{"missing", with("tenant", "null")}, {"no uuid", with("tenant", "\"*\"")}},
                   Refusal::bad_tenant);
    expect_refused({{"text", with("roles", "\"admin\"")}, {"object", with("roles", "{}")}},
                   Refusal::bad_roles);
}

}  // namespace
}  // namespace soma::backends
