#include "domain/adaptation/charts.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/numerics/random.h"

namespace soma::domain {
namespace {

constexpr RollbackLimits kLimits{.allowance = 0.5, .limit = 5};

/// How many rewards it takes to alarm, and which chart; {0, …} when none does.
struct Heard {
    int after = 0;
    std::optional<Alarm> alarm;
    RewardCharts charts;
};

template <typename Next>
Heard hear(RewardCharts charts, int most, Next next) {
    for (int i = 1; i <= most; ++i) {
        if (const auto alarm = charts.add(next(i), static_cast<std::uint64_t>(i - 1), kLimits)) {
            return {i, alarm, charts};
        }
    }
    return {0, std::nullopt, charts};
}

TEST(RewardCharts, NamesComeBack) {
    for (const Alarm alarm : {Alarm::level, Alarm::fixity, Alarm::split}) {
        EXPECT_EQ(alarm_of(alarm_name(alarm)), alarm);
    }
    EXPECT_EQ(alarm_of("other"), std::nullopt);
}

TEST(RewardCharts, AConstantRewardAlarmsAndTheRunBeginsWithItsFirst) {
    for (const double reward : {1.0, -1.0, 0.25}) {
        const auto heard = hear({}, 100, [&](int) { return reward; });
        EXPECT_EQ(heard.alarm, Alarm::fixity);
        EXPECT_EQ(heard.after, 49) << "48 repetitions of ln(1/0.9) are more than 5";
        EXPECT_EQ(heard.charts[Alarm::fixity].quiet, 0U);
    }
}

TEST(RewardCharts, FlipsAlarm) {
    const auto heard = hear({}, 100, [](int i) { return i % 2 == 0 ? 1.0 : -1.0; });
    EXPECT_EQ(heard.alarm, Alarm::split);
    EXPECT_EQ(heard.after, 9) << "8 contradictions of ln 2 are more than 5";
    EXPECT_EQ(heard.charts[Alarm::split].quiet, 0U);
    math::Random random(3);
    const auto coins = hear({}, 400, [&](int) { return random.uniform() < 0.5 ? 1.0 : -1.0; });
    EXPECT_EQ(coins.alarm, Alarm::split);
}

TEST(RewardCharts, AFallAlarmsAndARiseDoesNot) {
    math::Random random(5);
    const auto stream = [&](double mean) {
        return [&random, mean](int i) {
            return (i > 60 ? mean : 0.5) + 0.2 * (random.uniform() - 0.5);
        };
    };
    const auto fallen = hear({}, 200, stream(0.1));
    EXPECT_EQ(fallen.alarm, Alarm::level);
    EXPECT_GT(fallen.after, 60);
    EXPECT_LT(fallen.after, 70);
    EXPECT_GE(fallen.charts[Alarm::level].quiet, 55U) << "the run begins near the fall";
    EXPECT_EQ(hear({}, 200, stream(0.85)).alarm, std::nullopt);
}

TEST(RewardCharts, OneBadVerdictIsNoAlarm) {
    math::Random random(7);
    const auto heard =
        hear({}, 300, [&](int i) { return i == 150 ? -1.0 : 0.6 + 0.4 * random.uniform(); });
    EXPECT_EQ(heard.alarm, std::nullopt);
}

TEST(RewardCharts, FalseAlarmsAreRare) {
    math::Random random(11);
    constexpr int kRuns = 200;
    double sum = 0;
    for (int run = 0; run < kRuns; ++run) {
        const auto heard =
            hear({}, 20'000, [&](int) { return random.uniform() < 0.1 ? -0.5 : random.uniform(); });
        sum += heard.after == 0 ? 20'000 : heard.after;
    }
    EXPECT_GE(sum / kRuns, std::exp(kLimits.limit)) << "mean run length of rewards in control";
}

TEST(RewardCharts, BeginAnewFromAVersion) {
    const auto charts = RewardCharts::from(9);
    EXPECT_EQ(charts.count, 0U);
    for (const Alarm alarm : {Alarm::level, Alarm::fixity, Alarm::split}) {
        EXPECT_EQ(charts[alarm], (RunChart{0, 9}));
    }
}

}  // namespace
}  // namespace soma::domain
