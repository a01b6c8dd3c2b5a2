#include "backends/oidc/local_issuer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "backends/oidc/token_verifier.h"
#include "base/error.h"
#include "support/stack.h"
#include "support/token_forge.h"

namespace soma::backends {
namespace {

using domain::Principal;
using domain::Role;
using domain::RoleSet;
using namespace std::chrono_literals;

const Time kNow{std::chrono::seconds(1'800'000'000)};

LocalTokenRequest request() {
    LocalTokenRequest result;
    result.issuer = test::stack().jwt_issuer;
    result.audience = test::stack().jwt_audience;
    result.subject = "developer";
    result.tenant = *Uuid::parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    result.roles = {Role::agent, Role::operator_};
    return result;
}

std::string complaint(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.public_message();
    }
    return "";
}

TEST(LocalIssuer, TheStackTrustsWhatItsOwnKeyMinted) {
    const auto& stack = test::stack();
    const LocalIssuer issuer(stack.jwt_issuer_key_file);
    IssuerConfig config;
    config.rules.issuer = stack.jwt_issuer;
    config.rules.audience = stack.jwt_audience;
    config.rules.tenant_claim = stack.jwt_tenant_claim;
    config.rules.roles_claim = stack.jwt_roles_claim;
    config.jwks_file = stack.jwt_jwks_file;
    TokenVerifier verifier({config});
    const auto outcome = verifier.verify(issuer.mint(request(), kNow), kNow, Deadline(10s));
    ASSERT_TRUE(std::holds_alternative<Principal>(outcome));
    const auto& principal = std::get<Principal>(outcome);
    EXPECT_EQ(principal.tenant, request().tenant);
    EXPECT_EQ(principal.actor, "developer");
    EXPECT_EQ(principal.roles, (RoleSet{Role::agent, Role::operator_}));
    EXPECT_EQ(principal.expires_at, kNow + 3600s);
}

TEST(LocalIssuer, NoTwoTokensAreEqual) {
    const LocalIssuer issuer(test::stack().jwt_issuer_key_file);
    EXPECT_NE(issuer.mint(request(), kNow), issuer.mint(request(), kNow));
}

TEST(LocalIssuer, LifeAndSubjectHaveLimits) {
    const LocalIssuer issuer(test::stack().jwt_issuer_key_file);
    for (const auto life : {0s, -1s, std::chrono::seconds(30 * 24h) + 1s}) {
        auto wrong = request();
        wrong.time_to_live = life;
        EXPECT_NE(complaint([&] { issuer.mint(wrong, kNow); }), "");
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{257}}) {
        auto wrong = request();
        wrong.subject = std::string(size, 's');
        EXPECT_NE(complaint([&] { issuer.mint(wrong, kNow); }), "");
    }
    auto longest = request();
    longest.time_to_live = 30 * 24h;
    longest.subject = std::string(256, 's');
    EXPECT_EQ(complaint([&] { issuer.mint(longest, kNow); }), "");
}

TEST(LocalIssuer, KeyFilesMustBePrivateAndP256) {
    const std::string path = testing::TempDir() + "issuer-" + to_hex(std::string(4, 'k')) + ".pem";
    EXPECT_NE(complaint([&] { LocalIssuer{path}; }).find("missing"), std::string::npos);
    std::filesystem::copy_file(test::stack().jwt_issuer_key_file, path,
                               std::filesystem::copy_options::overwrite_existing);
    ::chmod(path.c_str(), 0640);
    EXPECT_NE(complaint([&] { LocalIssuer{path}; }).find("0600"), std::string::npos);
    ::chmod(path.c_str(), 0600);
    EXPECT_EQ(complaint([&] { LocalIssuer{path}; }), "");
    std::ofstream(path) << "no key at all";
    EXPECT_NE(complaint([&] { LocalIssuer{path}; }).find("no private key"), std::string::npos);
    std::ofstream(path) << test::ForgeKey::ed25519().private_pem();
    EXPECT_NE(complaint([&] { LocalIssuer{path}; }).find("P-256"), std::string::npos);
    std::ofstream(path) << test::ForgeKey::ec("P-384").private_pem();
    EXPECT_NE(complaint([&] { LocalIssuer{path}; }).find("P-256"), std::string::npos);
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace soma::backends
