#include "backends/vault/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "support/stack.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

Deadline soon() {
    return Deadline(10s);
}

VaultConfig service() {
    const auto& stack = test::stack();
    VaultConfig config;
    config.address = stack.vault_address();
    config.role_id_file = stack.vault_role_id_file;
    config.secret_id_file = stack.vault_secret_id_file;
    config.transit_mount = stack.vault_transit_mount;
    config.kv_mount = stack.vault_kv_mount;
    return config;
}

std::string unique(const std::string& prefix) {
    return prefix + to_hex(random_bytes(8));
}

/// A path the service's policy knows, never used before.
std::string fresh_path() {
    return unique("subjects/test/");
}

ErrorKind kind_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorKind::internal;
}

TEST(Vault, WrapsAndUnwrapsUnderTheKeyAndContextAlone) {
    Vault vault(service());
    const std::string key = unique("tenant-");
    const std::string other = unique("tenant-");
    vault.create_transit_key(key, soon());
    vault.create_transit_key(key, soon());  // again: no change
    vault.create_transit_key(other, soon());
    const std::string plain("\x00\xff secret", 9);
    const std::string wrapped = vault.wrap(key, plain, "here", soon());
    EXPECT_EQ(wrapped.find("secret"), std::string::npos);
    EXPECT_EQ(vault.unwrap(key, wrapped, "here", soon()), plain);
    EXPECT_EQ(kind_of([&] { vault.unwrap(key, wrapped, "there", soon()); }), ErrorKind::internal);
    EXPECT_EQ(kind_of([&] { vault.unwrap(other, wrapped, "here", soon()); }), ErrorKind::internal);
    EXPECT_EQ(kind_of([&] { vault.unwrap(key, wrapped + "A", "here", soon()); }),
              ErrorKind::internal);
}

TEST(Vault, SignsReceiptsAndMayNotTouchTheKeyItSignsWith) {
    Vault vault(service());
    const auto signature = vault.sign("soma-receipts", "a statement", soon());
    const auto keys = vault.public_keys("soma-receipts", soon());
    ASSERT_TRUE(keys.contains(signature.key_version));
    const std::string& key = keys.at(signature.key_version);
    EXPECT_TRUE(verify_ed25519(key, "a statement", signature.bytes));
    EXPECT_FALSE(verify_ed25519(key, "another", signature.bytes));
    // Least privilege: neither made, nor replaced, nor others used.
    EXPECT_EQ(kind_of([&] { vault.create_transit_key("soma-receipts", soon()); }),
              ErrorKind::unavailable);
    const std::string tenant = unique("tenant-");
    vault.create_transit_key(tenant, soon());
    EXPECT_EQ(kind_of([&] { vault.sign(tenant, "x", soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { vault.public_keys(tenant, soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { vault.wrap("soma-receipts", "x", "", soon()); }),
              ErrorKind::unavailable);
}

TEST(Vault, CheckAndSetLetsOneOfManyWritersWin) {
    Vault vault(service());
    const std::string path = fresh_path();
    EXPECT_FALSE(vault.get(path, soon()));
    std::atomic<int> winners{0};
    std::vector<std::thread> writers;
    for (int i = 0; i < 8; ++i) {
        writers.emplace_back([&, i] {
            if (vault.put_if(path, json::object{{"writer", i}}, 0, soon())) ++winners;
        });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(winners, 1);
    const auto first = vault.get(path, soon());
    ASSERT_TRUE(first);
    EXPECT_EQ(first->version, 1u);
    EXPECT_FALSE(vault.put_if(path, json::object{}, 0, soon()));
    EXPECT_TRUE(vault.put_if(path, json::object{{"writer", 9}}, first->version, soon()));
    EXPECT_EQ(vault.get(path, soon())->data.at("writer"), 9);
}

TEST(Vault, ErasureTakesEveryVersion) {
    Vault vault(service());
    const std::string path = fresh_path();
    ASSERT_TRUE(vault.put_if(path, json::object{{"v", 1}}, 0, soon()));
    ASSERT_TRUE(vault.put_if(path, json::object{{"v", 2}}, 1, soon()));
    vault.erase(path, soon());
    vault.erase(path, soon());
    EXPECT_FALSE(vault.get(path, soon()));
    // A path that begins again at version 1 has no history left.
    ASSERT_TRUE(vault.put_if(path, json::object{{"v", 3}}, 0, soon()));
    EXPECT_EQ(vault.get(path, soon())->version, 1u);
}

TEST(Vault, PathsCarryAnyText) {
    Vault vault(service());
    const std::string path = fresh_path() + " ?#%é";
    ASSERT_TRUE(vault.put_if(path, json::object{{"v", "ü"}}, 0, soon()));
    EXPECT_EQ(vault.get(path, soon())->data.at("v"), "ü");
}

TEST(Vault, TheServiceMayDoNoMoreThanItNeeds) {
    Vault vault(service());
    HttpClient http;
    const std::string key = unique("tenant-");
    vault.create_transit_key(key, soon());
    // Outside its paths even our own client is refused, as unavailable: forbidden is no answer.
    EXPECT_EQ(kind_of([&] { vault.get("elsewhere/x", soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { vault.erase("tenants/x", soon()); }), ErrorKind::unavailable);
    vault.create_transit_key("signer-x", soon());
    EXPECT_EQ(kind_of([&] { vault.wrap("signer-x", "a", "b", soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { vault.create_transit_key(key + "/config", soon()); }),
              ErrorKind::unavailable);
}

TEST(Vault, OneClientServesManyThreads) {
    Vault vault(service());
    const std::string key = unique("tenant-");
    vault.create_transit_key(key, soon());
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 10; ++i) {
                const std::string text = std::to_string(t * 100 + i);
                if (vault.unwrap(key, vault.wrap(key, text, text, soon()), text, soon()) == text) {
                    ++good;
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 80);
}

TEST(Vault, ATokenFileServesInPlaceOfAnAppRole) {
    const std::string file = testing::TempDir() + unique("/token-");
    std::ofstream(file) << test::stack_secret("openbao-root-token") << "\n";
    VaultConfig config = service();
    config.role_id_file.clear();
    config.token_file = file;
    Vault vault(config);
    EXPECT_EQ(vault.trouble(soon()), "");
    EXPECT_FALSE(vault.get(fresh_path(), soon()));
    std::filesystem::remove(file);
}

TEST(Vault, ARevokedTokenIsReplacedWithinTheCall) {
    // The client's own token is found by asking OpenBao to revoke every token of the AppRole.
    Vault vault(service());
    const std::string path = fresh_path();
    ASSERT_TRUE(vault.put_if(path, json::object{{"v", 1}}, 0, soon()));
    HttpClient http;
    HttpRequest revoke;
    revoke.method = "POST";
    revoke.url = test::stack().vault_address() + "/v1/sys/leases/revoke-prefix/auth/approle/login";
    revoke.headers = {{"X-Vault-Token", test::stack_secret("openbao-root-token")}};
    revoke.body = "{\"sync\":true}";
    // A stack that has seen many services has many tokens.
    ASSERT_LT(http.send(revoke, Deadline(std::chrono::minutes(1))).status, 300);
    EXPECT_TRUE(vault.get(path, soon()));
}

TEST(Vault, AbsentServerOrSecretIsUnavailableWithTimeToRetry) {
    VaultConfig nowhere = service();
    nowhere.address = "http://127.0.0.1:1";
    Vault gone(nowhere);
    try {
        gone.get("subjects/x", soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.retry_after_seconds(), 2);
        EXPECT_EQ(error.public_message().find("127.0.0.1"), std::string::npos);
    }
    EXPECT_NE(gone.trouble(soon()), "");
    VaultConfig unknown = service();
    unknown.secret_id_file = "/nonexistent";
    Vault unlogged(unknown);
    EXPECT_EQ(kind_of([&] { unlogged.get("subjects/x", soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { Vault(service()).get("subjects/x", Deadline(0ms)); }),
              ErrorKind::unavailable);
}

}  // namespace
}  // namespace soma::backends
