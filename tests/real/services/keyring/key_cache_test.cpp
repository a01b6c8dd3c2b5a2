#include "services/keyring/key_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace soma::services {
namespace {

using namespace std::chrono_literals;
using Cache = KeyCache<std::string>;

Cache::Pointer value(const char* text) {
    return std::make_shared<const std::string>(text);
}
Deadline soon() {
    return Deadline(20s);
}

TEST(KeyCache, OneLoadServesAllWhoWait) {
    Cache cache(10, 300s);
    std::atomic<int> loads{0};
    std::latch started(1);
    std::latch go_on(1);
    const auto load = [&] {
        ++loads;
        started.count_down();
        go_on.wait();
        return value("v");
    };
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    threads.emplace_back([&] { good += *cache.get("k", "k", soon(), load) == "v"; });
    started.wait();
    for (int i = 0; i < 7; ++i) {
        threads.emplace_back([&] { good += *cache.get("k", "k", soon(), load) == "v"; });
    }
    go_on.count_down();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 8);
    EXPECT_EQ(loads, 1);
}

TEST(KeyCache, FailuresAndAbsencesAreNotKept) {
    Cache cache(10, 300s);
    const auto fails = []() -> Cache::Pointer { throw Error(ErrorKind::unavailable, "down"); };
    EXPECT_THROW(cache.get("k", "k", soon(), fails), Error);
    EXPECT_EQ(cache.get("k", "k", soon(), [] { return Cache::Pointer(); }), nullptr);
    EXPECT_EQ(*cache.get("k", "k", soon(), [] { return value("v"); }), "v");
    EXPECT_EQ(*cache.get("k", "k", soon(), fails), "v");
}

TEST(KeyCache, ForgettingBeatsALoadUnderWay) {
    Cache cache(10, 300s);
    const auto old = cache.get("k", "k", soon(), [&] {
        cache.forget("k");  // an erasure arrives while the old value is on its way
        return value("old");
    });
    EXPECT_EQ(*old, "old");
    EXPECT_EQ(*cache.get("k", "k", soon(), [] { return value("new"); }), "new");
}

TEST(KeyCache, WaitersGiveUpAtTheirOwnDeadline) {
    Cache cache(10, 300s);
    std::latch started(1);
    std::latch go_on(1);
    std::thread leader([&] {
        cache.get("k", "k", soon(), [&] {
            started.count_down();
            go_on.wait();
            return value("v");
        });
    });
    started.wait();
    EXPECT_THROW(cache.get("k", "k", Deadline(10ms), [] { return value("x"); }), Error);
    go_on.count_down();
    leader.join();
    EXPECT_EQ(*cache.get("k", "k", soon(), [] { return value("x"); }), "v");
}

TEST(KeyCache, TheBoundHolds) {
    Cache cache(2, 300s);
    for (const char* key : {"a", "b", "c"}) {
        cache.get(key, key, soon(), [&] { return value(key); });
    }
    int loads = 0;
    cache.get("a", "a", soon(), [&] {
        ++loads;
        return value("a");
    });
    EXPECT_EQ(loads, 1);
}

}  // namespace
}  // namespace soma::services
