// OpenBao killed, restarted and sealed under a client that goes on.
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <string>

#include "backends/vault/vault.h"
#include "base/error.h"
#include "support/openbao_server.h"

namespace soma::backends {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

Deadline soon() {
    return Deadline(30s);
}

TEST(VaultRestart, TheStaticSealBringsEveryKeyBackAfterKill9) {
    test::OpenBaoServer server;
    VaultConfig config;
    config.address = server.address();
    config.token_file = server.token_file();
    config.timeout = 10s;
    Vault vault(config);
    vault.create_transit_key("tenant-x", soon());
    std::string wrapped = vault.wrap("tenant-x", "plain", "here", soon());
    for (int round = 0; round < 3; ++round) {
        const std::string path = "subjects/x/" + std::to_string(round);
        ASSERT_TRUE(vault.put_if(path, json::object{{"key", wrapped}}, 0, soon()));
        // Right after the acknowledgement: what was answered must be on disk.
        server.kill_now();
        EXPECT_THROW(vault.get(path, Deadline(5s)), Error);
        EXPECT_NE(vault.trouble(Deadline(5s)), "");
        server.start();
        server.wait_until_ready();
        const auto found = vault.get(path, soon());
        ASSERT_TRUE(found);
        wrapped = std::string(found->data.at("key").as_string());
        EXPECT_EQ(vault.unwrap("tenant-x", wrapped, "here", soon()), "plain");
    }
    EXPECT_EQ(vault.trouble(soon()), "");
}

TEST(VaultRestart, ASealedServerIsUnavailableUntilItOpens) {
    test::OpenBaoServer server;
    VaultConfig config;
    config.address = server.address();
    config.token_file = server.token_file();
    Vault vault(config);
    vault.create_transit_key("tenant-x", soon());
    server.seal();
    EXPECT_EQ(vault.trouble(soon()), "sealed");
    try {
        vault.wrap("tenant-x", "a", "b", soon());
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.retry_after_seconds(), 2);
    }
    server.kill_now();
    server.start();
    server.wait_until_ready();
    EXPECT_EQ(vault.unwrap("tenant-x", vault.wrap("tenant-x", "a", "b", soon()), "b", soon()), "a");
}

}  // namespace
}  // namespace soma::backends
