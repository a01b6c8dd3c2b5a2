#include "backends/oidc/token_verifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "support/silent_port.h"
#include "support/token_forge.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using domain::Principal;
using domain::TokenRefusal;
using test::ForgeKey;
using namespace std::chrono_literals;

constexpr std::int64_t kNowSeconds = 1'800'000'000;
const Time kNow{std::chrono::seconds(kNowSeconds)};

std::string token_of(const ForgeKey& key, const std::string& kid) {
    const json::object claims{
        {"iss", "issuer"},     {"aud", "somabrain"},
        {"sub", "agent"},      {"tenant", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"},
        {"roles", {"reader"}}, {"exp", kNowSeconds + 600}};
    return key.token(R"({"alg":"ES256","kid":")" + kid + "\"}", json::serialize(claims));
}

/// A key file that tests replace as an administrator would: written aside, renamed into place.
class KeyFile {
  public:
    explicit KeyFile(const std::string& text) { replace(text); }
    ~KeyFile() { std::filesystem::remove(path()); }
    const std::string& path() const { return path_; }
    void replace(const std::string& text) const {
        std::ofstream(path_ + ".new") << text;
        std::filesystem::rename(path_ + ".new", path_);
    }

  private:
    std::string path_ = testing::TempDir() + "jwks-" + to_hex(random_bytes(8)) + ".json";
};

IssuerConfig issuer() {
    IssuerConfig config;
    config.rules.issuer = "issuer";
    config.rules.audience = "somabrain";
    return config;
}
IssuerConfig from_file(const std::string& path) {
    auto config = issuer();
    config.jwks_file = path;
    return config;
}
IssuerConfig from_url(int port) {
    auto config = issuer();
    config.jwks_url = "http://127.0.0.1:" + std::to_string(port) + "/jwks";
    return config;
}
std::string http_answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool accepts(TokenVerifier& verifier, const std::string& token, Time now = kNow) {
    return std::holds_alternative<Principal>(verifier.verify(token, now, Deadline(10s)));
}
TokenRefusal refusal(TokenVerifier& verifier, const std::string& token, Time now = kNow) {
    return std::get<TokenRefusal>(verifier.verify(token, now, Deadline(10s)));
}

TEST(TokenVerifier, AReplacedKeyFileTakesHoldAtOnce) {
    const auto old_key = ForgeKey::ec();
    const auto new_key = ForgeKey::ec();
    const KeyFile file(test::key_set_text(old_key.jwk("a")));
    TokenVerifier verifier({from_file(file.path())});
    const std::string old_token = token_of(old_key, "a");
    EXPECT_TRUE(accepts(verifier, old_token));
    EXPECT_EQ(refusal(verifier, token_of(new_key, "b")), TokenRefusal::unknown_key);
    file.replace(test::key_set_text(new_key.jwk("b")));
    EXPECT_TRUE(accepts(verifier, token_of(new_key, "b")));
    // Remembered tokens fall with the key that proved them.
    EXPECT_EQ(refusal(verifier, old_token), TokenRefusal::unknown_key);
}

TEST(TokenVerifier, ADamagedKeyFileLeavesTheLastGoodSet) {
    const auto key = ForgeKey::ec();
    const KeyFile file(test::key_set_text(key.jwk("a")));
    TokenVerifier verifier({from_file(file.path())});
    file.replace("{\"keys\":[");
    EXPECT_TRUE(accepts(verifier, token_of(key, "a")));
    std::filesystem::remove(file.path());
    EXPECT_TRUE(accepts(verifier, token_of(key, "a")));
    file.replace("{\"keys\":[]}");  // this is a decision, not damage
    EXPECT_EQ(refusal(verifier, token_of(key, "a")), TokenRefusal::unknown_key);
}

TEST(TokenVerifier, RememberedTokensStillExpire) {
    const auto key = ForgeKey::ec();
    const KeyFile file(test::key_set_text(key.jwk("a")));
    TokenVerifier verifier({from_file(file.path())});
    const std::string token = token_of(key, "a");
    EXPECT_TRUE(accepts(verifier, token));
    EXPECT_TRUE(accepts(verifier, token, kNow + 629s));
    EXPECT_EQ(refusal(verifier, token, kNow + 630s), TokenRefusal::expired);
    EXPECT_TRUE(accepts(verifier, token));
}

TEST(TokenVerifier, UnknownKeyIdsAskTheIssuerOncePerPause) {
    const auto key = ForgeKey::ec();
    test::SilentPort server(http_answer(test::key_set_text(key.jwk("a"))));
    VerifierLimits limits;
    limits.keys_pause = 3600s;
    TokenVerifier verifier({from_url(server.port())}, limits);
    EXPECT_TRUE(accepts(verifier, token_of(key, "a")));
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(refusal(verifier, token_of(key, "x" + std::to_string(i))),
                  TokenRefusal::unknown_key);
    }
    EXPECT_EQ(server.accepted(), 1);
}

TEST(TokenVerifier, WithoutAPauseEveryUnknownKeyIdAsks) {
    const auto key = ForgeKey::ec();
    test::SilentPort server(http_answer(test::key_set_text(key.jwk("a"))));
    VerifierLimits limits;
    limits.keys_pause = 0s;
    TokenVerifier verifier({from_url(server.port())}, limits);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(refusal(verifier, token_of(key, "b")), TokenRefusal::unknown_key);
    }
    EXPECT_EQ(server.accepted(), 4);  // the first use, then once for each token
}

TEST(TokenVerifier, AnIssuerNobodyCanAskIsUnavailableAndNotHammered) {
    test::SilentPort server("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    TokenVerifier verifier({from_url(server.port())});
    for (int i = 0; i < 5; ++i) {
        try {
            verifier.verify(token_of(ForgeKey::ec(), "a"), kNow, Deadline(10s));
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        }
    }
    EXPECT_EQ(server.accepted(), 1);
}

TEST(TokenVerifier, FetchedKeysOutliveTheirServer) {
    const auto key = ForgeKey::ec();
    VerifierLimits limits;
    limits.keys_age = 0s;
    limits.keys_pause = 0s;
    limits.cached_tokens = 0;
    auto server = std::make_unique<test::SilentPort>(http_answer(test::key_set_text(key.jwk("a"))));
    TokenVerifier verifier({from_url(server->port())}, limits);
    EXPECT_TRUE(accepts(verifier, token_of(key, "a")));
    server.reset();
    EXPECT_TRUE(accepts(verifier, token_of(key, "a")));
}

TEST(TokenVerifier, ThreadsMayVerifyWhileKeysChange) {
    const auto a = ForgeKey::ec();
    const auto b = ForgeKey::ec();
    const KeyFile file(test::key_set_text(a.jwk("a"), b.jwk("b")));
    TokenVerifier verifier({from_file(file.path())});
    const std::string token = token_of(a, "a");
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 300; ++i) refused += accepts(verifier, token) ? 0 : 1;
        });
    }
    for (int i = 0; i < 20; ++i) {
        file.replace(i % 2 == 0 ? test::key_set_text(a.jwk("a"))
                                : test::key_set_text(a.jwk("a"), b.jwk("b")));
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(refused, 0);
}

TEST(TokenVerifier, WrongStartsAreSeenAtOnce) {
    const KeyFile file(test::key_set_text(ForgeKey::ec().jwk("a")));
    const auto fails = [](std::vector<IssuerConfig> issuers) {
        try {
            TokenVerifier verifier(std::move(issuers));
        } catch (const Error& error) {
            return error.kind() == ErrorKind::invalid_argument;
        }
        return false;
    };
    const auto good = from_file(file.path());
    auto unnamed = good;
    unnamed.rules.issuer.clear();
    auto everywhere = good;
    everywhere.rules.audience.clear();
    auto no_algorithm = good;
    no_algorithm.rules.algorithms.clear();
    auto both = good;
    both.jwks_url = "http://127.0.0.1/";
    EXPECT_TRUE(fails({unnamed}));
    EXPECT_TRUE(fails({everywhere}));
    EXPECT_TRUE(fails({no_algorithm}));
    EXPECT_TRUE(fails({both}));
    EXPECT_TRUE(fails({issuer()}));
    EXPECT_TRUE(fails({good, good}));
    EXPECT_TRUE(fails({from_file("/nonexistent")}));
    EXPECT_FALSE(fails({good}));
    TokenVerifier nobody({});
    EXPECT_EQ(refusal(nobody, token_of(ForgeKey::ec(), "a")), TokenRefusal::unknown_issuer);
}

}  // namespace
}  // namespace soma::backends
