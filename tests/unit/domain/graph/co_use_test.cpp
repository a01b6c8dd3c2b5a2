#include "domain/graph/co_use.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/property.h"

namespace soma::domain {
namespace {

using std::chrono::days;

const Time kNow = *parse_rfc3339("2026-05-01T12:00:00Z");

Uuid id(std::size_t number) {
    Uuid made = *Uuid::parse("0198c0de-0000-7000-8000-000000000000");
    made.bytes[14] = static_cast<std::uint8_t>(number / 256);
    made.bytes[15] = static_cast<std::uint8_t>(number % 256);
    return made;
}

LinkKey joined(std::size_t low, std::size_t high) {
    return {id(low), id(high), std::string(kCoUsed)};
}

struct World {
    std::map<LinkKey, Link> links;
    std::map<Uuid, LinkEnd> ends;

    explicit World(std::size_t memories) {
        for (std::size_t i = 1; i <= memories; ++i) {
            ends[id(i)] = {};
        }
    }
    std::vector<Link> hear(const CoUse& use, Time now = kNow) {
        return strengthen(use, now, links, ends);
    }
};

TEST(CoUse, JoinsThePairsFromTheLowerIdToTheHigher) {
    EXPECT_EQ(co_use_keys({1, id(9), {id(3), id(1), id(2)}}),
              (std::vector<LinkKey>{joined(1, 3), joined(2, 3), joined(1, 2)}));
    EXPECT_TRUE(co_use_keys({1, id(9), {id(3)}}).empty());
}

TEST(CoUse, OfManyMemoriesTheFirstTenAreJoined) {
    CoUse use{1, id(1), {}};
    for (std::size_t i = 20; i > 0; --i) {
        use.credited.push_back(id(i));
    }
    const auto keys = co_use_keys(use);
    EXPECT_EQ(keys.size(), 45U);
    for (const LinkKey& key : keys) {
        EXPECT_GT(key.from, id(10));
    }
}

TEST(CoUse, AddsHebbsShareToWhatIsLeft) {
    World world(3);
    const auto first = world.hear({0.5, id(3), {id(2), id(1)}});
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].key, joined(1, 2));
    EXPECT_NEAR(first[0].weight, 0.05, 1e-15);
    EXPECT_EQ(first[0].created_at, kNow);
    EXPECT_EQ(first[0].gain, 1);
    EXPECT_EQ(world.ends[id(1)].co_used, 1U);
    EXPECT_EQ(world.ends[id(2)].co_used, 1U);
    EXPECT_EQ(world.ends[id(3)].co_used, 0U);
    EXPECT_EQ(world.ends[id(1)].links, 0U);
    world.links[joined(1, 2)].gain = 3;
    const auto second = world.hear({1, id(3), {id(1), id(2)}}, kNow + days(10));
    EXPECT_NEAR(second.at(0).weight, 0.05 * std::pow(0.99, 10) + 0.1, 1e-15);
    EXPECT_EQ(second[0].reinforced_at, kNow + days(10));
    EXPECT_EQ(second[0].created_at, kNow);
    EXPECT_EQ(second[0].gain, 3) << "what currents made of it stays";
    EXPECT_EQ(world.ends[id(1)].co_used, 1U) << "it is no new one";
}

TEST(CoUse, WhoIsGoneIsNotJoined) {
    World world(3);
    world.ends[id(3)].expires_at = kNow;
    const auto made = world.hear({1, id(1), {id(1), id(2), id(3), id(4)}});
    ASSERT_EQ(made.size(), 1U);
    EXPECT_EQ(made[0].key, joined(1, 2));
    EXPECT_EQ(world.ends.size(), 3U);
}

TEST(CoUse, AFullMemoryTakesNoNewLinkAndKeepsItsOwn) {
    World world(3);
    world.hear({1, id(1), {id(1), id(2)}});
    world.ends[id(1)].co_used = kMaxCoUsedLinks;
    const auto made = world.hear({1, id(1), {id(1), id(2), id(3)}});
    ASSERT_EQ(made.size(), 2U);
    EXPECT_EQ(made[0].key, joined(1, 2)) << "not a new one";
    EXPECT_EQ(made[1].key, joined(2, 3));
    world.ends[id(4)].co_used = kMaxCoUsedLinks;
    EXPECT_TRUE(world.hear({1, id(2), {id(2), id(4)}}).empty()) << "nor at its other end";
    world.ends[id(1)] = {std::nullopt, kMaxLinksPerMemory, 0};
    EXPECT_EQ(world.hear({1, id(1), {id(1), id(3)}}).size(), 1U)
        << "callers' links take no room from co-use's";
}

TEST(CoUse, ARewardTooSmallToWeighMakesNothing) {
    World world(2);
    EXPECT_TRUE(world.hear({5e-324, id(1), {id(1), id(2)}}).empty());
    EXPECT_TRUE(world.links.empty());
    EXPECT_EQ(world.ends[id(1)].co_used, 0U);
}

TEST(CoUse, WeightsStayInTheirBoundsAndLinksWithinTheirNumber) {
    test::property(
        [] {
            World world(130);
            Time now = kNow;
            const int verdicts = *rc::gen::inRange(1, 60);
            for (int i = 0; i < verdicts; ++i) {
                now += std::chrono::minutes(*rc::gen::inRange(0, 10'000));
                CoUse use{*rc::gen::inRange(1, 1001) / 1000.0, id(1), {}};
                const auto first = *rc::gen::inRange<std::size_t>(2, 120);
                use.credited = {id(1)};  // a hub
                for (std::size_t k = 0; k < 9; ++k) {
                    use.credited.push_back(id(first + k));
                }
                for (const Link& link : world.hear(use, now)) {
                    RC_ASSERT(link.weight > 0 && link.weight <= 1);
                    RC_ASSERT(link.weight >= kCoUseRate * use.reward * (1 - 1e-12));
                    RC_ASSERT(world.links.at(link.key) == link);
                }
            }
            std::map<Uuid, std::size_t> counted;
            for (const auto& [key, link] : world.links) {
                RC_ASSERT(key.from < key.to);
                ++counted[key.from];
                ++counted[key.to];
            }
            for (const auto& [memory, end] : world.ends) {
                RC_ASSERT(end.co_used == counted[memory]);
                RC_ASSERT(end.co_used <= kMaxCoUsedLinks);
            }
        },
        100);
}

}  // namespace
}  // namespace soma::domain
