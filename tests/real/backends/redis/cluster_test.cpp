// The cache against a real Redis Cluster: slots elsewhere, on the move, and lost.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "backends/redis/cache.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "support/redis/cluster.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using test::RedisCluster;

/// Made once for the file; a test leaves it as it found it.
RedisCluster& cluster() {
    static RedisCluster made;
    return made;
}

/// A key nobody has used, in a slot of that node.
std::string key_of(std::size_t node) {
    for (;;) {
        std::string key = "test:{" + to_hex(random_bytes(8)) + "}:x";
        if (RedisCluster::owner(key) == node) return key;
    }
}

/// A slot on its way from one node to another, as a resharding puts it; ends where it began.
class Moving {
  public:
    Moving(const std::string& key, std::size_t from, std::size_t to)
        : slot_(std::to_string(key_slot(key))), from_(from), to_(to) {
        EXPECT_EQ(
            cluster().say(to, "CLUSTER SETSLOT " + slot_ + " IMPORTING " + cluster().id(from)),
            "OK");
        EXPECT_EQ(
            cluster().say(from, "CLUSTER SETSLOT " + slot_ + " MIGRATING " + cluster().id(to)),
            "OK");
    }
    ~Moving() {
        for (const std::size_t node : {from_, to_}) {
            cluster().say(node, "CLUSTER SETSLOT " + slot_ + " STABLE");
        }
    }
    Moving(const Moving&) = delete;
    Moving& operator=(const Moving&) = delete;

  private:
    std::string slot_;
    std::size_t from_;
    std::size_t to_;
};

/// How many commands of that name a node has been asked, and how many it refused.
std::string stat_of(std::size_t node, const std::string& name) {
    const std::string all = cluster().say(node, "INFO commandstats");
    const auto at = all.find("cmdstat_" + name + ":");
    return at == std::string::npos ? "none" : all.substr(at, all.find('\r', at) - at);
}

TEST(RedisSlots, AreThoseOfTheServer) {
    for (const char* key : {"123456789", "", "{}a", "a{b}c", "a{b", "a{}{b}", "}{x}", "{{a}}"}) {
        const std::string shown = std::string(key).empty() ? "''" : key;
        if (std::string(key).empty()) {
            EXPECT_EQ(key_slot(key), 0);
            continue;
        }
        EXPECT_EQ(std::to_string(key_slot(key)), cluster().say(0, "CLUSTER KEYSLOT " + shown))
            << shown;
    }
    EXPECT_EQ(key_slot("123456789"), 12739);
    EXPECT_EQ(key_slot(cache_key("wm", Uuid{}, "a")), key_slot(cache_key("law", Uuid{}, "b")));
}

TEST(RedisSlots, RedirectsAreRead) {
    const auto moved = parse_redirect("MOVED 3999 127.0.0.1:6381");
    ASSERT_TRUE(moved);
    EXPECT_FALSE(moved->ask);
    EXPECT_EQ(moved->host, "127.0.0.1");
    EXPECT_EQ(moved->port, 6381);
    EXPECT_TRUE(parse_redirect("ASK 1 h:1")->ask);
    EXPECT_EQ(parse_redirect("MOVED 1 ::1:6381")->host, "::1");
    EXPECT_EQ(parse_redirect("MOVED 1 :6381")->host, "");
    for (const char* bad : {"", "MOVED", "MOVED 1", "MOVED 1 h", "MOVED 1 h:", "MOVED 1 h:0",
                            "MOVED 1 h:65536", "MOVED 1 h:12x", "ERR MOVED 1 h:1", "WRONGTYPE"}) {
        EXPECT_FALSE(parse_redirect(bad)) << bad;
    }
}

TEST(RedisCluster, EveryNodesKeysAreReachedFromAny) {
    for (std::size_t home = 0; home < RedisCluster::kNodes; ++home) {
        RedisCache cache(cluster().config(home));
        for (std::size_t owner = 0; owner < RedisCluster::kNodes; ++owner) {
            const std::string key = key_of(owner);
            EXPECT_EQ(cache.get(key), std::nullopt);
            EXPECT_TRUE(cache.healthy());
            EXPECT_TRUE(cache.set(key, "value", 60s));
            EXPECT_EQ(cache.get(key), "value");
            EXPECT_EQ(cluster().say(owner, "GET " + key), "value");
            EXPECT_TRUE(cache.remove(key));
            EXPECT_EQ(cluster().say(owner, "EXISTS " + key), "0");
        }
        EXPECT_TRUE(cache.probe());
    }
}

TEST(RedisCluster, AMovedSlotIsRemembered) {
    RedisCache cache(cluster().config(0));
    const std::string key = key_of(1);
    ASSERT_TRUE(cache.set(key, "value", 60s));
    const std::string asked = stat_of(0, "get");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(cache.get(key), "value");
    EXPECT_EQ(stat_of(0, "get"), asked);
}

TEST(RedisCluster, ASlotOnItsWayIsAskedForAtBothEnds) {
    RedisCache cache(cluster().config(0));
    const std::string key = key_of(0);
    ASSERT_TRUE(cache.set(key, "old", 60s));
    {
        const Moving moving(key, 0, 1);
        EXPECT_EQ(cache.get(key), "old");  // not moved yet: the old owner answers
        // What is not at the old owner any more is at the new one, by ASK alone.
        ASSERT_EQ(cluster().say(0, "DEL " + key), "1");
        ASSERT_EQ(cluster().say(0, "GET " + key).substr(0, 4), "ASK ");
        ASSERT_EQ(cluster().say(1, "GET " + key).substr(0, 6), "MOVED ");
        EXPECT_TRUE(cache.set(key, "new", 60s));
        EXPECT_EQ(cache.get(key), "new");
        EXPECT_EQ(cluster().say(0, "EXISTS " + key).substr(0, 4), "ASK ");
        EXPECT_TRUE(cache.remove(key));
        EXPECT_EQ(cache.get(key), std::nullopt);
        EXPECT_TRUE(cache.healthy());
    }
    // ASK taught nothing: the old owner is asked, and the new one not even for a redirect.
    const std::string asked = stat_of(1, "set");
    EXPECT_TRUE(cache.set(key, "back", 60s));
    EXPECT_EQ(stat_of(1, "set"), asked);
    EXPECT_EQ(cluster().say(0, "GET " + key), "back");
    cache.remove(key);
}

TEST(RedisCluster, ASlotThatMovedForGoodIsFollowed) {
    RedisCache cache(cluster().config(2));
    const std::string key = key_of(1);
    const std::string slot = std::to_string(key_slot(key));
    ASSERT_TRUE(cache.set(key, "at the first owner", 60s));
    ASSERT_TRUE(cache.remove(key));
    for (const auto& [from, to] : {std::pair{1, 0}, std::pair{0, 1}}) {
        for (const int node : {to, from}) {
            ASSERT_EQ(cluster().say(static_cast<std::size_t>(node),
                                    "CLUSTER SETSLOT " + slot + " NODE " +
                                        cluster().id(static_cast<std::size_t>(to))),
                      "OK");
        }
        EXPECT_TRUE(cache.set(key, "moved", 60s));
        EXPECT_EQ(cluster().say(static_cast<std::size_t>(to), "GET " + key), "moved");
        EXPECT_EQ(cache.get(key), "moved");
        EXPECT_TRUE(cache.remove(key));
    }
}

TEST(RedisCluster, RedirectsInACircleEnd) {
    RedisCache cache(cluster().config(0));
    const std::string key = key_of(0);
    const std::string slot = std::to_string(key_slot(key));
    // Each of two nodes believes that the other has it.
    ASSERT_EQ(cluster().say(0, "CLUSTER SETSLOT " + slot + " NODE " + cluster().id(1)), "OK");
    ASSERT_EQ(cluster().say(0, "GET " + key).substr(0, 6), "MOVED ");
    ASSERT_EQ(cluster().say(1, "GET " + key).substr(0, 6), "MOVED ");
    const auto refused = [](std::size_t node) {
        const std::string stat = stat_of(node, "get");
        const auto at = stat.find("rejected_calls=");
        return at == std::string::npos ? 0 : std::stoi(stat.substr(at + 15));
    };
    const int before = refused(0) + refused(1);
    EXPECT_EQ(cache.get(key), std::nullopt);
    EXPECT_FALSE(cache.healthy());
    EXPECT_EQ(refused(0) + refused(1) - before, kMaxRedirects + 1);
    EXPECT_EQ(cluster().say(0, "CLUSTER SETSLOT " + slot + " NODE " + cluster().id(0)), "OK");
    // Nobody was put into back-off for it.
    EXPECT_TRUE(cache.set(key, "whole again", 60s));
    EXPECT_TRUE(cache.healthy());
}

TEST(RedisCluster, ADeadNodeTakesOnlyItsOwnKeysAway) {
    RedisCluster own;
    RedisConfig config = own.config(0);
    config.connect_timeout = 500ms;
    config.first_back_off = 1ms;
    config.longest_back_off = 1ms;
    RedisCache cache(config);
    std::vector<std::string> keys;
    for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
        keys.push_back(key_of(node));
        ASSERT_TRUE(cache.set(keys[node], "value", 60s));
    }
    own.kill_now(1);
    EXPECT_EQ(cache.get(keys[1]), std::nullopt);
    EXPECT_FALSE(cache.healthy());
    EXPECT_EQ(cache.get(keys[0]), "value");
    EXPECT_EQ(cache.get(keys[2]), "value");
    EXPECT_TRUE(cache.healthy());
    // It comes back on its port, with its slots and, as a cache, without its keys.
    own.start(1);
    RedisCluster::wait("cluster_state:ok", [&] { return own.say(1, "CLUSTER INFO"); });
    std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(cache.set(keys[1], "again", 60s));
    EXPECT_EQ(cache.get(keys[1]), "again");
}

TEST(RedisCluster, WithTheFirstNodeDeadTheOthersAreStillFound) {
    RedisCluster own;
    RedisCache cache(own.config(0));
    const std::string known = key_of(1);
    ASSERT_TRUE(cache.set(known, "value", 60s));
    own.kill_now(0);
    EXPECT_EQ(cache.get(known), "value");
    // A slot nobody asked for yet: the node we know says who has it.
    const std::string other = key_of(2);
    EXPECT_TRUE(cache.set(other, "found", 60s));
    EXPECT_EQ(own.say(2, "GET " + other), "found");
}

}  // namespace
}  // namespace soma::backends
