#include "backends/vault/transit_signer.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/ed25519.h"
#include "base/error.h"
#include "support/openbao_server.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;

Deadline soon() {
    return Deadline(30s);
}

/// Set up by the scripts of deploy/vault, once for the file.
test::OpenBaoServer& server() {
    static test::OpenBaoServer& made = []() -> test::OpenBaoServer& {
        static test::OpenBaoServer fresh;
        fresh.set_up("soma-signer-1 soma-signer-2");
        fresh.set_up("soma-signer-1 soma-signer-2");  // again: no change
        return fresh;
    }();
    return made;
}

/// "kind: detail" of what a call threw.
std::string refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        return error.detail();
    }
    return "none";
}

TEST(TransitSigner, SignsWithItsOwnKey) {
    TransitSigner one(server().login("soma-signer-1"), "soma-signer-1");
    TransitSigner two(server().login("soma-signer-2"), "soma-signer-2");
    const auto keys = one.public_keys(soon());
    ASSERT_EQ(keys.size(), 1U);
    const std::string bytes("any\0bytes\xff", 10);
    const std::string signature = one.sign(1, bytes, soon());
    EXPECT_EQ(signature.size(), kEd25519SignatureBytes);
    EXPECT_TRUE(verify_ed25519(keys.at(1), bytes, signature));
    EXPECT_FALSE(verify_ed25519(two.public_keys(soon()).at(1), bytes, signature));
}

TEST(TransitSigner, NobodySignsWithAnothersKey) {
    TransitSigner thief(server().login("soma-signer-2"), "soma-signer-1");
    EXPECT_NE(refusal([&] { thief.public_keys(soon()); }).find("403"), std::string::npos);
    EXPECT_NE(refusal([&] { thief.sign(1, "x", soon()); }).find("403"), std::string::npos);
    // Nor does the holder of the right policy reach around the class.
    Vault holder(server().login("soma-signer-2"));
    EXPECT_NE(refusal([&] { holder.sign("soma-signer-1", "x", soon()); }).find("403"),
              std::string::npos);
    EXPECT_NE(refusal([&] { holder.create_transit_key("soma-signer-2", soon()); }).find("403"),
              std::string::npos);
    EXPECT_NE(refusal([&] { holder.get("constitution/mark", soon()); }).find("403"),
              std::string::npos);
}

TEST(TransitSigner, TheServiceNeitherSignsNorMakesSigners) {
    Vault service(server().login("vault"));
    EXPECT_EQ(service.trouble(soon()), "");
    EXPECT_NE(refusal([&] { service.sign("soma-signer-1", "x", soon()); }).find("403"),
              std::string::npos);
    EXPECT_NE(refusal([&] { service.public_keys("soma-signer-1", soon()); }).find("403"),
              std::string::npos);
    EXPECT_NE(refusal([&] { service.create_transit_key("soma-signer-9", soon()); }).find("403"),
              std::string::npos);
}

TEST(TransitSigner, ARotatedKeySignsByEitherVersion) {
    test::OpenBaoServer& bao = server();
    TransitSigner signer(bao.login("soma-signer-2"), "soma-signer-2");
    const auto before = signer.public_keys(soon());
    bao.administer("POST", "/v1/transit/keys/soma-signer-2/rotate", {});
    const auto after = signer.public_keys(soon());
    ASSERT_EQ(after.size(), before.size() + 1);
    for (const auto& [version, key] : after) {
        EXPECT_TRUE(verify_ed25519(key, "law", signer.sign(version, "law", soon())));
    }
    try {
        signer.sign(99, "law", soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_found);
    }
}

TEST(TransitSigner, ASealedOrKilledServerIsUnavailable) {
    test::OpenBaoServer own;
    own.set_up("soma-signer-1");
    TransitSigner signer(own.login("soma-signer-1"), "soma-signer-1");
    const auto keys = signer.public_keys(soon());
    own.seal();
    EXPECT_NE(refusal([&] { signer.sign(1, "law", soon()); }), "none");
    own.kill_now();
    EXPECT_NE(refusal([&] { signer.sign(1, "law", soon()); }), "none");
    own.start();
    own.wait_until_ready();
    EXPECT_EQ(signer.public_keys(soon()), keys);
    EXPECT_TRUE(verify_ed25519(keys.at(1), "law", signer.sign(1, "law", soon())));
}

}  // namespace
}  // namespace soma::backends
