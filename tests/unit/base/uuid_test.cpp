#include "base/uuid.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <thread>
#include <unordered_set>
#include <vector>

namespace soma {
namespace {

Time at_ms(std::int64_t ms) {
    return Time(std::chrono::milliseconds(ms));
}

std::uint64_t milliseconds_of(const Uuid& id) {
    std::uint64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
    return ms;
}

TEST(Uuid, TextForm) {
    const auto id = Uuid::parse("0190A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->to_string(), "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    EXPECT_FALSE(id->is_nil());
    EXPECT_TRUE(Uuid{}.is_nil());
    for (const char* text :
         {"", "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5",
          "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5bb", "{190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5}",
          "0190a1b-2c3d4-7e5f-8a9b-0c1d2e3f4a5b", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g",
          "0190a1b2-c3d4-7e5f-8a9b--c1d2e3f4a5b"}) {
        EXPECT_FALSE(Uuid::parse(text)) << text;
    }
}

TEST(Uuid, AnyBytesReadBackAndOrderIsTheTextsOrder) {
    ASSERT_TRUE(rc::check("round trip", [](const std::array<std::uint8_t, 16>& a,
                                           const std::array<std::uint8_t, 16>& b) {
        const Uuid x{a};
        const Uuid y{b};
        RC_ASSERT(Uuid::parse(x.to_string()) == x);
        RC_ASSERT(Uuid::from_bytes(x.view()) == x);
        RC_ASSERT((x < y) == (x.to_string() < y.to_string()));
    }));
}

TEST(UuidDeath, AWrongNumberOfBytesIsOurOwnMistake) {
    EXPECT_DEATH(Uuid::from_bytes("short"), "sixteen bytes");
}

TEST(UuidGenerator, VersionVariantAndTime) {
    UuidGenerator generator;
    const auto id = generator.next(at_ms(0x0190'a1b2'c3d4));
    EXPECT_EQ(milliseconds_of(id), 0x0190'a1b2'c3d4U);
    EXPECT_EQ(id.bytes[6] >> 4, 7);
    EXPECT_EQ(id.bytes[8] >> 6, 2);
}

TEST(UuidGenerator, NeverRunsBackwardsWhateverTheClockDoes) {
    ASSERT_TRUE(rc::check("increasing", [](const std::vector<std::int16_t>& steps) {
        UuidGenerator generator;
        std::int64_t now = 1'700'000'000'000;
        Uuid last;
        for (const auto step : steps) {
            now += step;
            const Uuid id = generator.next(at_ms(now));
            RC_ASSERT(last < id);
            last = id;
        }
    }));
}

TEST(UuidGenerator, AFullCounterBorrowsFromTheNextMillisecond) {
    UuidGenerator generator;
    Uuid last;
    for (int i = 0; i < 5000; ++i) {
        const Uuid id = generator.next(at_ms(1000));
        ASSERT_LT(last, id);
        last = id;
    }
    EXPECT_EQ(milliseconds_of(last), 1001U);
}

TEST(UuidGenerator, AClockBeforeTheEpochCountsAsTheEpoch) {
    UuidGenerator generator;
    EXPECT_EQ(milliseconds_of(generator.next(at_ms(-5))), 0U);
}

TEST(UuidGenerator, ThreadsGetDistinctIds) {
    UuidGenerator generator;
    std::vector<std::vector<Uuid>> made(4);
    std::vector<std::thread> threads;
    for (auto& mine : made) {
        threads.emplace_back([&] {
            for (int i = 0; i < 2000; ++i) mine.push_back(generator.next(at_ms(1000)));
        });
    }
    for (auto& thread : threads) thread.join();
    std::unordered_set<Uuid> all;
    for (const auto& mine : made) {
        EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
        all.insert(mine.begin(), mine.end());
    }
    EXPECT_EQ(all.size(), 8000U);
}

}  // namespace
}  // namespace soma
