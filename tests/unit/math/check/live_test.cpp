#include "math/check/live.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "math/check/generators.h"
#include "math/numerics/random.h"

namespace soma::math {
namespace {

/// A tenant of random vectors and links: one large component, a small one, and memories alone.
LiveData some_data(std::uint64_t seed) {
    Random random(seed);
    LiveData data{.dimension = 16, .vectors = normal_vector(random, 16 * 300), .vertices = 300};
    for (std::uint32_t v = 1; v < 200; ++v) {
        const auto other = static_cast<std::uint32_t>(random.uniform() * v);
        data.links.push_back({v, std::min(other, v - 1)});
        data.link_weights.push_back(1e-9 + (1 - 1e-9) * random.uniform());
    }
    data.links.push_back({250, 251});
    data.link_weights.push_back(1);
    data.gains.assign(data.links.size(), 1);
    data.conductances = data.link_weights;
    data.bounded = {{"lambda", 1, 0.1, 10}, {"tau", 0.01, 0.01, 1}};
    return data;
}

std::set<std::string> failed(const LiveData& data) {
    std::set<std::string> rooms;
    for (const auto& check : run_live_checks(data, 1)) {
        if (!check.ok) {
            rooms.insert(check.room);
        }
    }
    return rooms;
}

TEST(LiveChecks, HoldOnSoundDataAndRepeat) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const LiveData data = some_data(seed);
        std::set<std::string> rooms;
        const auto checks = run_live_checks(data, seed);
        for (const auto& check : checks) {
            EXPECT_TRUE(check.ok) << check.name << ": " << check.figure;
            rooms.insert(check.room);
        }
        EXPECT_EQ(rooms, (std::set<std::string>{"convex", "density", "frgo", "graph", "hebbian",
                                                "vectors"}));
        const auto again = run_live_checks(data, seed);
        for (std::size_t i = 0; i < checks.size(); ++i) {
            EXPECT_EQ(again[i].figure, checks[i].figure) << checks[i].name;
        }
    }
}

TEST(LiveChecks, WhatThereIsNoDataForIsLeftOut) {
    EXPECT_TRUE(run_live_checks({}, 1).empty());
    LiveData alone;
    alone.vertices = 3;
    EXPECT_TRUE(run_live_checks(alone, 1).empty());
    LiveData zero{.dimension = 2, .vectors = {0, 0}, .vertices = 1};
    EXPECT_EQ(failed(zero), std::set<std::string>{}) << "a zero vector says nothing";
}

TEST(LiveChecks, DamageIsSeen) {
    const LiveData sound = some_data(1);
    LiveData data = sound;
    data.vectors[40] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(failed(data), std::set<std::string>{"vectors"});
    data = sound;
    data.link_weights[3] = 1.5;
    EXPECT_EQ(failed(data), std::set<std::string>{"hebbian"});
    data = sound;
    data.links[3].to = 300;
    EXPECT_EQ(failed(data), std::set<std::string>{"graph"});
    data = sound;
    data.link_weights[3] = 0;
    EXPECT_EQ(failed(data), (std::set<std::string>{"graph", "hebbian"}));
    for (const double wrong : {0.0, 1e-10, 1001.0, std::numeric_limits<double>::quiet_NaN()}) {
        data = sound;
        data.conductances[3] = wrong;
        EXPECT_EQ(failed(data), std::set<std::string>{"frgo"});
        data = sound;
        data.gains[3] = wrong;
        EXPECT_EQ(failed(data), std::set<std::string>{"frgo"});
    }
    for (const double wrong : {0.0, 11.0, std::numeric_limits<double>::quiet_NaN()}) {
        data = sound;
        data.bounded[0].value = wrong;
        EXPECT_EQ(failed(data), std::set<std::string>{"convex"});
    }
}

}  // namespace
}  // namespace soma::math
