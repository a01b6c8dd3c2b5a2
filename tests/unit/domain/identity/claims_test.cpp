#include "domain/identity/claims.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr const char* kTenant = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
constexpr std::int64_t kNowSeconds = 1'800'000'000;

Time at(double seconds) {
    return Time(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
}
const Time kNow = at(kNowSeconds);

IssuerRules rules() {
    IssuerRules result;
    result.issuer = "https://issuer.example";
    result.audience = "somabrain";
    return result;
}

json::object good() {
    return {{"iss", "https://issuer.example"},
            {"aud", "somabrain"},
            {"sub", "agent-7"},
            {"tenant", kTenant},
            {"roles", {"agent", "reader"}},
            {"iat", kNowSeconds - 10},
            {"exp", kNowSeconds + 600}};
}

/// The refusal, or nullopt when the claims are accepted.
std::optional<TokenRefusal> refusal(const json::object& claims, const IssuerRules& with = rules(),
                                    Time now = kNow) {
    const auto outcome = check_claims(claims, with, now);
    const auto* reason = std::get_if<TokenRefusal>(&outcome);
    return reason == nullptr ? std::nullopt : std::optional(*reason);
}

/// `good()` with one claim replaced by JSON text, or removed when the text is empty.
json::object with(std::string_view name, std::string_view text) {
    auto claims = good();
    if (text.empty()) {
        claims.erase(name);
    } else {
        claims[name] = json::parse(text);
    }
    return claims;
}

TEST(Claims, GoodOnesMakeThePrincipal) {
    const auto outcome = check_claims(good(), rules(), kNow);
    ASSERT_TRUE(std::holds_alternative<Principal>(outcome));
    const auto& principal = std::get<Principal>(outcome);
    EXPECT_EQ(principal.tenant.to_string(), kTenant);
    EXPECT_EQ(principal.actor, "agent-7");
    EXPECT_EQ(principal.roles, (RoleSet{Role::agent, Role::reader}));
    EXPECT_EQ(principal.expires_at, at(kNowSeconds + 600));
}

TEST(Claims, EachWrongOneIsNamed) {
    struct Case {
        const char* claim;
        const char* text;
        TokenRefusal expected;
    };
    const std::vector<Case> cases{
        {"iss", "", TokenRefusal::unknown_issuer},
        {"iss", "\"https://issuer.example/\"", TokenRefusal::unknown_issuer},
        {"iss", "\"HTTPS://issuer.example\"", TokenRefusal::unknown_issuer},
        {"iss", "[\"https://issuer.example\"]", TokenRefusal::unknown_issuer},
        {"aud", "", TokenRefusal::wrong_audience},
        {"aud", "\"soma\"", TokenRefusal::wrong_audience},
        {"aud", "\"somabrain2\"", TokenRefusal::wrong_audience},
        {"aud", "[]", TokenRefusal::wrong_audience},
        {"aud", "[1,null,\"x\"]", TokenRefusal::wrong_audience},
        {"aud", "{\"somabrain\":1}", TokenRefusal::wrong_audience},
        {"exp", "", TokenRefusal::bad_claim},
        {"exp", "\"1800000600\"", TokenRefusal::bad_claim},
        {"exp", "-1", TokenRefusal::bad_claim},
        {"exp", "1e300", TokenRefusal::bad_claim},
        {"exp", "true", TokenRefusal::bad_claim},
        {"exp", "1799999000", TokenRefusal::expired},
        {"exp", "0", TokenRefusal::expired},
        {"nbf", "1800000031", TokenRefusal::not_yet_valid},
        {"nbf", "\"x\"", TokenRefusal::bad_claim},
        {"iat", "1800000031", TokenRefusal::not_yet_valid},
        {"iat", "null", TokenRefusal::bad_claim},
        {"sub", "", TokenRefusal::bad_claim},
        {"sub", "\"\"", TokenRefusal::bad_claim},
        {"sub", "7", TokenRefusal::bad_claim},
        {"sub", "\"a\\u0000b\"", TokenRefusal::bad_claim},
        {"sub", "\"a\\nb\"", TokenRefusal::bad_claim},
        {"tenant", "", TokenRefusal::bad_tenant},
        {"tenant", "\"\"", TokenRefusal::bad_tenant},
        {"tenant", "\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5\"", TokenRefusal::bad_tenant},
        {"tenant", "\"00000000-0000-0000-0000-000000000000\"", TokenRefusal::bad_tenant},
        {"tenant", "[\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\"]", TokenRefusal::bad_tenant},
        {"roles", "", TokenRefusal::bad_roles},
        {"roles", "\"agent\"", TokenRefusal::bad_roles},
        {"roles", "[\"agent\",1]", TokenRefusal::bad_roles},
        {"roles", "{\"agent\":true}", TokenRefusal::bad_roles},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(refusal(with(c.claim, c.text)), c.expected) << c.claim << " " << c.text;
    }
}

TEST(Claims, TimesAreJudgedWithTheLeewayAndNotBeyond) {
    const auto claims = good();  // exp = now + 600
    const auto leeway = rules().leeway;
    EXPECT_FALSE(refusal(claims, rules(), at(kNowSeconds + 600) + leeway - Time::duration(1)));
    EXPECT_EQ(refusal(claims, rules(), at(kNowSeconds + 600) + leeway), TokenRefusal::expired);
    auto strict = rules();
    strict.leeway = std::chrono::seconds(0);
    EXPECT_EQ(refusal(claims, strict, at(kNowSeconds + 600)), TokenRefusal::expired);
    EXPECT_FALSE(refusal(claims, strict, at(kNowSeconds + 600) - Time::duration(1)));
    EXPECT_FALSE(refusal(with("nbf", "1800000030")));
    EXPECT_EQ(refusal(with("nbf", "1800000000.5"), strict), TokenRefusal::not_yet_valid);
    EXPECT_FALSE(refusal(with("iat", "1800000000"), strict));
}

TEST(Claims, AudienceMayBeOneOfSeveral) {
    EXPECT_FALSE(refusal(with("aud", R"(["other","somabrain"])")));
    std::string many = "[";
    for (int i = 0; i < 64; ++i) many += "\"x\",";
    EXPECT_EQ(refusal(with("aud", many + "\"somabrain\"]")), TokenRefusal::wrong_audience);
}

TEST(Claims, ForeignRolesAreIgnoredNotGranted) {
    const auto outcome =
        check_claims(with("roles", R"(["offline_access","Admin","signer"])"), rules(), kNow);
    EXPECT_EQ(std::get<Principal>(outcome).roles, RoleSet{Role::signer});
    const auto none = check_claims(with("roles", "[]"), rules(), kNow);
    EXPECT_TRUE(std::get<Principal>(none).roles.empty());
}

TEST(Claims, PathsReachNestedClaims) {
    auto claims = good();
    claims["realm_access"] = {{"roles", {"auditor"}}};
    claims["https://a.b/c~d"] = {{"t", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f0000"}};
    auto nested = rules();
    nested.roles_claim = "realm_access.roles";
    nested.tenant_claim = "/https:~1~1a.b~1c~0d/t";
    const auto outcome = check_claims(claims, nested, kNow);
    ASSERT_TRUE(std::holds_alternative<Principal>(outcome));
    EXPECT_EQ(std::get<Principal>(outcome).roles, RoleSet{Role::auditor});
    EXPECT_EQ(std::get<Principal>(outcome).tenant.to_string(),
              "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f0000");
    for (const char* path : {"realm_access.role", "realm_access.roles.0", "roles.", ".roles", "",
                             "/", "/realm_access/roles/0", "realm_access/roles"}) {
        nested.roles_claim = path;
        EXPECT_EQ(refusal(claims, nested), TokenRefusal::bad_roles) << path;
    }
}

TEST(Claims, AnEmptyIssuerRuleTrustsNobody) {
    auto nobody = rules();
    nobody.issuer.clear();
    EXPECT_EQ(refusal(with("iss", ""), nobody), TokenRefusal::unknown_issuer);
    EXPECT_EQ(refusal(with("iss", "\"\""), nobody), TokenRefusal::unknown_issuer);
}

TEST(Claims, EveryRefusalHasItsOwnName) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kTokenRefusalCount; ++i) {
        names.insert(refusal_name(static_cast<TokenRefusal>(i)));
    }
    EXPECT_EQ(names.size(), kTokenRefusalCount);
    EXPECT_EQ(refusal_name(TokenRefusal::bad_roles), "bad_roles");
    EXPECT_EQ(refusal_name(TokenRefusal::expired), "expired");
}

TEST(Claims, NeverAcceptedOutsideTheirTime) {
    ASSERT_TRUE(rc::check("window", [](std::int32_t not_before, std::int32_t expires,
                                       std::int32_t now) {
        auto claims = good();
        const auto clip = [](std::int32_t value) { return std::int64_t{value} + 2'200'000'000; };
        claims.erase("iat");
        claims["nbf"] = clip(not_before);
        claims["exp"] = clip(expires);
        const bool inside = clip(now) < clip(expires) + 30 && clip(now) >= clip(not_before) - 30;
        RC_ASSERT(!refusal(claims, rules(), at(static_cast<double>(clip(now)))) == inside);
    }));
}

}  // namespace
}  // namespace soma::domain
