#include "backends/redis/cache.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "support/silent_port.h"
#include "support/stack.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;

RedisConfig stack_config() {
    const auto& stack = test::stack();
    RedisConfig config;
    config.host = stack.redis_host;
    config.port = stack.redis_port;
    config.password = stack.redis_password;
    // The suite runs on busy machines: here we test behaviour, not speed.
    config.connect_timeout = 2s;
    config.command_timeout = 2s;
    return config;
}

std::string fresh_key() {
    return cache_key("test", Uuid::from_bytes(random_bytes(16)), to_hex(random_bytes(4)));
}

/// Closes every connection of ordinary clients, as a restart of the server does.
void cut_all_connections() {
    const RedisConfig config = stack_config();
    redisContext* admin = redisConnect(config.host.c_str(), config.port);
    ASSERT_NE(admin, nullptr);
    freeReplyObject(redisCommand(admin, "AUTH %s", config.password.c_str()));
    freeReplyObject(redisCommand(admin, "CLIENT KILL TYPE normal SKIPME yes"));
    redisFree(admin);
}

TEST(RedisCache, KeepsAnyBytesForTheirLife) {
    RedisCache cache(stack_config());
    const std::string key = fresh_key();
    const std::string value("a\0\r\n\xff", 5);
    EXPECT_EQ(cache.get(key), std::nullopt);
    EXPECT_TRUE(cache.healthy());  // a miss is no failure
    ASSERT_TRUE(cache.set(key, value, 60s));
    EXPECT_EQ(cache.get(key), value);
    ASSERT_TRUE(cache.set(key, "", 60s));
    EXPECT_EQ(cache.get(key), "");
    EXPECT_TRUE(cache.remove(key));
    EXPECT_TRUE(cache.remove(key));
    EXPECT_EQ(cache.get(key), std::nullopt);
}

TEST(RedisCache, LimitsAreKept) {
    RedisCache cache(stack_config());
    const std::string key = fresh_key();
    EXPECT_TRUE(cache.set(key, std::string(kMaxCachedBytes, 'x'), 60s));
    EXPECT_FALSE(cache.set(key, std::string(kMaxCachedBytes + 1, 'x'), 60s));
    EXPECT_FALSE(cache.set(key, "x", 0s));
    EXPECT_TRUE(cache.healthy());
    cache.remove(key);
}

TEST(RedisCache, KeysOfATenantShareASlot) {
    const auto tenant = Uuid::parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    EXPECT_EQ(cache_key("wm", *tenant, "s1"), "wm:{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}:s1");
}

TEST(RedisCache, CutConnectionsAreReplacedWithinTheCall) {
    RedisCache cache(stack_config());
    const std::string key = fresh_key();
    ASSERT_TRUE(cache.set(key, "before", 60s));
    for (int i = 0; i < 5; ++i) {
        cut_all_connections();
        EXPECT_EQ(cache.get(key), "before");
    }
    EXPECT_TRUE(cache.healthy());
}

TEST(RedisCache, ManyThreadsShareFewConnections) {
    RedisConfig config = stack_config();
    config.connections = 2;
    RedisCache cache(config);
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            const std::string key = fresh_key();
            for (int i = 0; i < 50; ++i) {
                const std::string value = std::to_string(i);
                if (cache.set(key, value, 60s) && cache.get(key) == value) ++good;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 400);
}

TEST(RedisCache, AnAbsentServerIsAMissAndSoonCostsNothing) {
    RedisConfig config = stack_config();
    config.port = 1;
    config.first_back_off = 1h;
    config.longest_back_off = 1h;
    RedisCache cache(config);
    EXPECT_EQ(cache.get("x"), std::nullopt);
    EXPECT_FALSE(cache.healthy());
    EXPECT_FALSE(cache.set("x", "y", 60s));
    EXPECT_FALSE(cache.remove("x"));
    EXPECT_FALSE(cache.probe());
}

TEST(RedisCache, ASilentServerIsTriedOnceThenLeftAlone) {
    test::SilentPort silent;
    RedisConfig config = stack_config();
    config.port = silent.port();
    config.password.clear();
    config.command_timeout = 50ms;
    config.first_back_off = 1h;
    config.longest_back_off = 1h;
    RedisCache cache(config);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(cache.get("x"), std::nullopt);
    }
    EXPECT_FALSE(cache.healthy());
    EXPECT_EQ(silent.accepted(), 1);
}

TEST(RedisCache, AWrongPasswordIsAFailureNotAnException) {
    RedisConfig config = stack_config();
    config.password = "wrong";
    RedisCache cache(config);
    EXPECT_EQ(cache.get("x"), std::nullopt);
    EXPECT_FALSE(cache.healthy());
}

TEST(RedisCache, HealthComesBackWithTheServer) {
    RedisConfig config = stack_config();
    config.first_back_off = 1ms;
    config.longest_back_off = 1ms;
    RedisCache cache(config);
    // An error reply (wrong type) makes the cache suspicious; the next success makes it well.
    const std::string key = fresh_key();
    redisContext* admin = redisConnect(config.host.c_str(), config.port);
    freeReplyObject(redisCommand(admin, "AUTH %s", config.password.c_str()));
    freeReplyObject(redisCommand(admin, "RPUSH %s 1", key.c_str()));
    EXPECT_EQ(cache.get(key), std::nullopt);
    EXPECT_FALSE(cache.healthy());
    std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(cache.probe());
    EXPECT_TRUE(cache.healthy());
    freeReplyObject(redisCommand(admin, "DEL %s", key.c_str()));
    redisFree(admin);
}

}  // namespace
}  // namespace soma::backends
