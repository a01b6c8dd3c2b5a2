#include "services/keyring/keyring.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "support/openbao_server.h"
#include "support/stack.h"

namespace soma::services {
namespace {

using backends::Vault;
using backends::VaultConfig;
using IfAbsent = Keyring::IfAbsent;
using namespace std::chrono_literals;

Deadline soon() {
    return Deadline(20s);
}

VaultConfig service() {
    const auto& stack = test::stack();
    VaultConfig config;
    config.address = stack.vault_address();
    config.role_id_file = stack.vault_role_id_file;
    config.secret_id_file = stack.vault_secret_id_file;
    return config;
}

Uuid new_tenant() {
    return Uuid::from_bytes(random_bytes(16));
}

TEST(Keyring, ATenantsKeysAreMadeOnce) {
    Vault vault(service());
    Keyring keyring(vault);
    const Uuid tenant = new_tenant();
    EXPECT_THROW(keyring.tenant(tenant, soon()), Error);
    keyring.create_tenant(tenant, soon());
    const auto keys = keyring.tenant(tenant, soon());
    EXPECT_EQ(keys->hmac_key.size(), 32u);
    keyring.create_tenant(tenant, soon());
    Keyring later(vault);
    EXPECT_EQ(later.tenant(tenant, soon())->hmac_key, keys->hmac_key);
}

TEST(Keyring, SubjectsHaveTheirOwnKeysThatComeBack) {
    Vault vault(service());
    Keyring keyring(vault);
    const Uuid tenant = new_tenant();
    keyring.create_tenant(tenant, soon());
    EXPECT_EQ(keyring.subject(tenant, "ada", IfAbsent::nothing, soon()), nullptr);
    const auto ada = keyring.subject(tenant, "ada", IfAbsent::create, soon());
    const auto bob = keyring.subject(tenant, "bob", IfAbsent::create, soon());
    const auto self = keyring.subject(tenant, "", IfAbsent::create, soon());
    std::set<std::string> secrets;
    for (const auto& key : {ada, bob, self}) {
        EXPECT_EQ(key->data_key.size(), 32u);
        EXPECT_EQ(key->digest_salt.size(), 32u);
        secrets.insert(key->data_key);
        secrets.insert(key->digest_salt);
    }
    EXPECT_EQ(secrets.size(), 6u);
    Keyring later(vault);
    EXPECT_EQ(later.subject(tenant, "ada", IfAbsent::nothing, soon())->data_key, ada->data_key);
    const auto hmac = from_hex(ada->subject_id_hex).value();
    EXPECT_EQ(hmac, keyring.tenant(tenant, soon())->subject_hmac("ada"));
    EXPECT_EQ(later.subject_by_hmac(tenant, hmac, soon())->digest_salt, ada->digest_salt);
    EXPECT_EQ(later.subject_by_hmac(tenant, random_bytes(32), soon()), nullptr);
}

TEST(Keyring, TwoTenantsShareNothing) {
    Vault vault(service());
    Keyring keyring(vault);
    const Uuid a = new_tenant();
    const Uuid b = new_tenant();
    keyring.create_tenant(a, soon());
    keyring.create_tenant(b, soon());
    const auto in_a = keyring.subject(a, "ada", IfAbsent::create, soon());
    const auto in_b = keyring.subject(b, "ada", IfAbsent::create, soon());
    EXPECT_NE(in_a->data_key, in_b->data_key);
    EXPECT_NE(in_a->subject_id_hex, in_b->subject_id_hex);
}

TEST(Keyring, RacingMakersAgree) {
    // Two keyrings are two processes: only OpenBao's check-and-set stands between them.
    Vault vault(service());
    Keyring first(vault);
    Keyring second(vault);
    const Uuid tenant = new_tenant();
    first.create_tenant(tenant, soon());
    for (int round = 0; round < 5; ++round) {
        const std::string subject = "subject " + std::to_string(round);
        std::vector<std::string> seen(8);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < seen.size(); ++i) {
            threads.emplace_back([&, i] {
                Keyring& keyring = i % 2 == 0 ? first : second;
                seen[i] = keyring.subject(tenant, subject, IfAbsent::create, soon())->data_key;
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1u);
    }
}

TEST(Keyring, HmacsAreLabelled) {
    TenantKeys keys;
    keys.hmac_key = std::string(32, 'k');
    EXPECT_EQ(keys.subject_hmac("x"),
              hmac_sha256(keys.hmac_key, std::string_view("subject\0x", 9)));
    const std::set<std::string> all{keys.subject_hmac("x"), keys.key_hmac("x"),
                                    keys.session_hmac("x"), keys.idempotency_hmac("x"),
                                    keys.subject_hmac(""),  keys.key_hmac("")};
    EXPECT_EQ(all.size(), 6u);
    SubjectKey subject;
    subject.digest_salt = std::string(32, 's');
    EXPECT_EQ(subject.digest("x"), hmac_sha256(subject.digest_salt, "x"));
}

TEST(Keyring, AnErasedSubjectIsGoneOnceForgotten) {
    Vault vault(service());
    Keyring keyring(vault);
    const Uuid tenant = new_tenant();
    keyring.create_tenant(tenant, soon());
    const auto old = keyring.subject(tenant, "ada", IfAbsent::create, soon());
    vault.erase("subjects/" + tenant.to_string() + "/" + old->subject_id_hex, soon());
    EXPECT_NE(keyring.subject(tenant, "ada", IfAbsent::nothing, soon()), nullptr);  // cached
    keyring.forget(tenant, old->subject_id_hex);
    EXPECT_EQ(keyring.subject(tenant, "ada", IfAbsent::nothing, soon()), nullptr);
    // Who comes after the erasure gets new keys: nothing old opens with them.
    const auto fresh = keyring.subject(tenant, "ada", IfAbsent::create, soon());
    EXPECT_NE(fresh->data_key, old->data_key);
}

TEST(Keyring, AgedEntriesAreReadAgain) {
    Vault vault(service());
    KeyringLimits limits;
    limits.max_age = 0s;
    Keyring keyring(vault, limits);
    const Uuid tenant = new_tenant();
    keyring.create_tenant(tenant, soon());
    const auto key = keyring.subject(tenant, "ada", IfAbsent::create, soon());
    vault.erase("subjects/" + tenant.to_string() + "/" + key->subject_id_hex, soon());
    EXPECT_EQ(keyring.subject(tenant, "ada", IfAbsent::nothing, soon()), nullptr);
}

TEST(Keyring, AWrappedKeyMovedToAnotherSubjectDoesNotOpen) {
    Vault vault(service());
    Keyring keyring(vault);
    const Uuid tenant = new_tenant();
    keyring.create_tenant(tenant, soon());
    const auto ada = keyring.subject(tenant, "ada", IfAbsent::create, soon());
    const std::string folder = "subjects/" + tenant.to_string() + "/";
    const std::string bob = to_hex(keyring.tenant(tenant, soon())->subject_hmac("bob"));
    const auto stored = vault.get(folder + ada->subject_id_hex, soon());
    ASSERT_TRUE(stored && vault.put_if(folder + bob, stored->data, 0, soon()));
    try {
        keyring.subject(tenant, "bob", IfAbsent::create, soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::internal);
    }
}

TEST(Keyring, NothingInKvIsPlain) {
    Vault vault(service());
    Keyring keyring(vault);
    const Uuid tenant = new_tenant();
    keyring.create_tenant(tenant, soon());
    const auto ada = keyring.subject(tenant, "ada lovelace", IfAbsent::create, soon());
    const std::string path = "subjects/" + tenant.to_string() + "/" + ada->subject_id_hex;
    const std::string stored = boost::json::serialize(vault.get(path, soon())->data);
    for (const std::string& secret :
         {ada->data_key, ada->digest_salt, std::string("ada lovelace")}) {
        EXPECT_EQ(stored.find(secret), std::string::npos);
        EXPECT_EQ(stored.find(to_base64(secret)), std::string::npos);
        EXPECT_EQ(stored.find(to_hex(secret)), std::string::npos);
    }
    EXPECT_NE(stored.find("vault:v1:"), std::string::npos);
}

TEST(Keyring, CachedKeysOutliveAnOutageAndOthersDoNot) {
    test::OpenBaoServer server;
    VaultConfig config;
    config.address = server.address();
    config.token_file = server.token_file();
    Vault vault(config);
    Keyring keyring(vault);
    const Uuid tenant = new_tenant();
    keyring.create_tenant(tenant, soon());
    const auto ada = keyring.subject(tenant, "ada", IfAbsent::create, soon());
    server.kill_now();
    EXPECT_EQ(keyring.subject(tenant, "ada", IfAbsent::create, soon()), ada);
    try {
        keyring.subject(tenant, "bob", IfAbsent::create, soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.retry_after_seconds(), 2);
    }
    server.start();
    server.wait_until_ready();
    EXPECT_NE(keyring.subject(tenant, "bob", IfAbsent::create, soon()), nullptr);
}

}  // namespace
}  // namespace soma::services
