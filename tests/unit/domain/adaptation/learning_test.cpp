#include "domain/adaptation/learning.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "domain/adaptation/theta.h"
#include "math/convex/regret.h"
#include "math/numerics/random.h"
#include "support/adaptation_law.h"

namespace soma::domain {
namespace {

using testing::adaptive_law;

constexpr std::size_t dense = kUtilityCoordinates + static_cast<std::size_t>(View::dense);
constexpr std::size_t lexical = kUtilityCoordinates + static_cast<std::size_t>(View::lexical);

LearningSignal of_two(double reward, bool first_used, bool second_used) {
    LearningSignal signal{.reward = reward, .memories = {}, .used = {first_used, second_used}};
    signal.memories.resize(2);
    signal.memories[0][View::dense] = 1;
    signal.memories[1][View::lexical] = 1;
    return signal;
}

LearningSignal any_signal(math::Random& random) {
    LearningSignal signal;
    signal.reward = 2 * random.uniform() - 1;
    const auto count = static_cast<std::size_t>(random.uniform() * 20);
    for (std::size_t i = 0; i < count; ++i) {
        auto& values = signal.memories.emplace_back();
        for (double& value : values.numbers) {
            value = random.uniform();
        }
        signal.used.push_back(random.uniform() < 0.4);
    }
    if (random.uniform() < 0.7) {
        signal.probability = std::exp(-700 * std::pow(random.uniform(), 8));
        signal.cost = std::pow(10, 15 * random.uniform());
        signal.latency_seconds = 1e6 * random.uniform();
    }
    if (random.uniform() < 0.7) {
        for (double& feature : signal.features.emplace()) {
            feature = 2 * random.uniform() - 1;
        }
    }
    return signal;
}

/// A stream of verdicts, and all its rows.
struct Stream {
    Constitution law = adaptive_law();
    LearningHistory history;
    std::vector<LearntRow> rows;

    std::vector<LearntRow> say(const LearningSignal& signal) {
        const auto added = learn(history, signal, law);
        for (const auto& row : added) {
            history.add(row);
            rows.push_back(row);
        }
        return added;
    }
    std::size_t count(LearningKind kind) const {
        return static_cast<std::size_t>(std::count_if(
            rows.begin(), rows.end(), [&](const auto& row) { return row.kind == kind; }));
    }
};

TEST(Learning, AKnownAnswerOfTheViews) {
    Coordinates at{};
    at[dense] = at[lexical] = 5;
    const auto gradient = learning_gradient(at, of_two(1, true, false));
    EXPECT_DOUBLE_EQ(gradient[dense], -0.5);
    EXPECT_DOUBLE_EQ(gradient[lexical], 0.5);
    const auto half = learning_gradient(at, of_two(0.5, true, false));
    EXPECT_DOUBLE_EQ(half[dense], -0.25);
    const auto bad = learning_gradient(at, of_two(-1, true, false));
    EXPECT_DOUBLE_EQ(bad[dense], 0.5) << "what did harm is ranked lower";
}

TEST(Learning, AKnownAnswerOfTheUtility) {
    Coordinates at{2, 0.5, 0.25};
    LearningSignal signal{.reward = 0.5, .memories = {}, .used = {}};
    signal.probability = std::exp(-1.0);
    signal.cost = 2;
    signal.latency_seconds = 4;
    // θᵀz = −2 − 1 − 1 = −4, y = −0.5, 1 + ‖z‖² = 22.
    const auto gradient = learning_gradient(at, signal);
    EXPECT_DOUBLE_EQ(gradient[0], 3.5 / 22);
    EXPECT_DOUBLE_EQ(gradient[1], 7.0 / 22);
    EXPECT_DOUBLE_EQ(gradient[2], 14.0 / 22);
}

TEST(Learning, AKnownAnswerOfTheCalibration) {
    Coordinates at{};
    at[kCalibrationFirst] = std::log(3.0);
    LearningSignal signal{.reward = 0.5, .memories = {}, .used = {}};
    signal.features.emplace().fill(0);
    signal.features->front() = 1;
    signal.features->back() = -0.5;
    // p = 3/4: what helped was to be expected by three quarters, whatever its reward.
    const auto helped = learning_gradient(at, signal);
    EXPECT_DOUBLE_EQ(helped[kCalibrationFirst], -0.25);
    EXPECT_DOUBLE_EQ(helped[kCoordinates - 1], 0.125);
    for (const double reward : {0.0, -0.5}) {
        signal.reward = reward;
        EXPECT_DOUBLE_EQ(learning_gradient(at, signal)[kCalibrationFirst], 0.75) << reward;
    }
    signal.features.reset();
    EXPECT_EQ(learning_gradient(at, signal), Coordinates{}) << "without coverage nothing is said";
}

TEST(Learning, WhatWasNotStatedOrNotToldApartTeachesNothing) {
    const Coordinates at = starting_coordinates(adaptive_law());
    for (const auto& signal : {of_two(1, false, false), of_two(1, true, true),
                               of_two(0, true, false), of_two(-1, true, true)}) {
        EXPECT_EQ(learning_gradient(at, signal), Coordinates{});
    }
    auto dear = of_two(1, false, false);
    dear.cost = 3;
    const auto gradient = learning_gradient(at, dear);
    EXPECT_EQ(gradient[0], 0) << "no confidence was stated";
    EXPECT_NE(gradient[1], 0);
    EXPECT_EQ(gradient[2], 0);
}

TEST(Learning, AZeroGradientChangesNothing) {
    Stream stream;
    stream.say(of_two(1, true, false));
    const auto before = stream.rows.back();
    const auto row = stream.say(of_two(0.5, false, false)).back();
    EXPECT_EQ(row.after, before.after);
    EXPECT_EQ(row.squares, before.squares);
    EXPECT_EQ(row.version, before.version + 1) << "its reward counts";
}

TEST(Learning, AFirstStepIsAsLongAsItShouldBe) {
    Stream stream;
    const auto start = starting_coordinates(stream.law);
    const auto row = stream.say(of_two(1, true, false)).front();
    EXPECT_EQ(row.kind, LearningKind::step);
    EXPECT_EQ(row.before, start);
    // g = (−½, ½) of the two views: η/√(δ + ½)·½.
    const double step = kViewsStep / std::sqrt(kFirstSquare + 0.5) * 0.5;
    EXPECT_DOUBLE_EQ(row.after[dense] - start[dense], step);
    EXPECT_DOUBLE_EQ(start[lexical] - row.after[lexical], step);
}

TEST(Learning, NoStreamLeavesTheBoxAndReplayIsBitIdentical) {
    math::Random random(17);
    for (int round = 0; round < 60; ++round) {
        Stream stream;
        const auto box = learning_box(stream.law);
        for (int i = 0; i < 120; ++i) {
            stream.say(any_signal(random));
            if (i % 40 == 39) {
                const auto back = static_cast<std::uint64_t>(
                    random.uniform() * static_cast<double>(stream.rows.size()));
                const auto rows = roll_back(stream.history, back, stream.law);
                ASSERT_TRUE(rows);
                stream.history.add(rows->back());
                stream.rows.push_back(rows->back());
            }
        }
        for (const auto& row : stream.rows) {
            ASSERT_TRUE(box.contains(row.after));
            ASSERT_EQ(theta_of(row.version, row.after, stream.law).version, row.version);
        }
        const auto law_of = [&](std::uint64_t) -> const Constitution& { return stream.law; };
        EXPECT_EQ(first_untrue_row(stream.rows, law_of), std::nullopt);
    }
}

TEST(Learning, ReplayFindsTheRowThatIsNotTrue) {
    math::Random random(19);
    Stream stream;
    for (int i = 0; i < 30; ++i) {
        stream.say(any_signal(random));
    }
    const auto law_of = [&](std::uint64_t) -> const Constitution& { return stream.law; };
    auto forged = stream.rows;
    forged[20].after[dense] = std::nextafter(forged[20].after[dense], 100);
    EXPECT_EQ(first_untrue_row(forged, law_of), forged[20].version);
    forged = stream.rows;
    forged.erase(forged.begin() + 4);
    EXPECT_EQ(first_untrue_row(forged, law_of), 6U) << "a row is missing";
}

TEST(Learning, HostileStreamsStayInsideAndAreTakenBack) {
    struct Hostile {
        const char* name;
        double even;
        double odd;
        Alarm alarm;
    };
    for (const auto& [name, even, odd, alarm] :
         {Hostile{"constant +1", 1, 1, Alarm::fixity},
          Hostile{"constant −1", -1, -1, Alarm::fixity}, Hostile{"flips", 1, -1, Alarm::split}}) {
        Stream stream;
        const auto box = learning_box(stream.law);
        const auto start = starting_coordinates(stream.law);
        for (int i = 0; i < 1'000; ++i) {
            auto signal = of_two(i % 2 == 0 ? even : odd, false, true);
            signal.probability = 1e-308;
            signal.cost = 1e15;
            signal.features.emplace().fill(i % 3 == 0 ? 1 : -1);
            const auto rows = stream.say(signal);
            ASSERT_TRUE(box.contains(rows.back().after)) << name;
            if (rows.back().kind == LearningKind::alarm) {
                EXPECT_EQ(rows.back().alarm, alarm) << name;
                EXPECT_EQ(rows.back().after, start) << name << ": nothing of it stays";
            }
        }
        EXPECT_GE(stream.count(LearningKind::alarm), 15U) << name;
    }
}

TEST(Learning, AnAlarmGoesBackToBeforeTheRunNotToTheBeginning) {
    Stream stream;
    math::Random random(23);
    for (int i = 0; i < 60; ++i) {
        stream.say(of_two(0.3 + 0.7 * random.uniform(), true, false));
    }
    const auto honest = stream.rows.back();
    ASSERT_EQ(stream.count(LearningKind::alarm), 0U);
    for (int i = 0; stream.count(LearningKind::alarm) == 0; ++i) {
        ASSERT_LT(i, 60);
        stream.say(of_two(1, false, true));
    }
    EXPECT_EQ(stream.rows.back().restored, honest.version);
    EXPECT_EQ(stream.rows.back().after, honest.after);
    EXPECT_EQ(stream.rows.back().charts, RewardCharts::from(stream.rows.back().version));
}

TEST(Learning, ARollbackRestoresExactlyAndIsARow) {
    Stream stream;
    for (const double reward : {1.0, 0.5, 0.75, 0.9}) {
        stream.say(of_two(reward, true, false));
    }
    const auto rows = roll_back(stream.history, 2, stream.law);
    ASSERT_TRUE(rows);
    const auto& row = rows->back();
    EXPECT_EQ(row.version, 5U);
    EXPECT_EQ(row.kind, LearningKind::rollback);
    EXPECT_EQ(row.after, stream.rows[1].after);
    EXPECT_EQ(row.before, stream.rows[3].after);
    EXPECT_EQ(row.restored, 2U);
    EXPECT_EQ(row.squares, stream.rows[3].squares);
    EXPECT_EQ(roll_back(stream.history, 0, stream.law)->back().after,
              starting_coordinates(stream.law));
    EXPECT_FALSE(roll_back(stream.history, 4, stream.law)) << "it is in force";
    EXPECT_FALSE(roll_back(stream.history, 9, stream.law));
}

TEST(Learning, ANarrowerLawProjectsAndSaysSo) {
    Stream stream;
    for (int i = 0; i < 30; ++i) {
        stream.say(of_two(0.5 + 0.01 * i, true, false));
    }
    const auto wide = stream.rows.back();
    stream.law.version = 2;
    testing::range(stream.law, AdaptiveParameter::alpha) = {0.49, 0.51};
    const auto rows = stream.say(of_two(0, false, false));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].kind, LearningKind::projection);
    EXPECT_EQ(rows[0].constitution_version, 2U);
    EXPECT_EQ(rows[0].before, wide.after);
    EXPECT_TRUE(learning_box(stream.law).contains(rows[0].after));
    EXPECT_NE(rows[0].after, wide.after);
    EXPECT_EQ(stream.say(of_two(0, false, false)).size(), 1U) << "once";
    EXPECT_FALSE(projection(stream.history, stream.law));
    testing::range(stream.law, AdaptiveParameter::alpha) = {0.5, 0.5};
    EXPECT_EQ(projection(stream.history, stream.law)->kind, LearningKind::projection);
    EXPECT_FALSE(projection({}, stream.law)) << "nothing was learnt";
    testing::range(stream.law, AdaptiveParameter::alpha) = {0.49, 0.51};
    const auto first = adaptive_law();
    const auto law_of = [&](std::uint64_t version) -> const Constitution& {
        return version == 1 ? first : stream.law;
    };
    EXPECT_EQ(first_untrue_row(stream.rows, law_of), std::nullopt);
}

/// Σ of the views' losses of a stream, as a function of the views' coordinates.
math::ConvexFunction total_of(const std::vector<LearningSignal>& signals) {
    return [&signals](std::span<const double> u) -> math::Result<math::LossGradient> {
        math::LossGradient sum{0, std::vector<double>(view_count, 0.0)};
        for (const auto& signal : signals) {
            std::vector<double> views;
            std::vector<double> credits;
            for (std::size_t i = 0; i < signal.memories.size(); ++i) {
                const auto& values = signal.memories[i].numbers;
                views.insert(views.end(), values.begin(), values.end());
                credits.push_back(signal.used[i] ? 1 : 0);
            }
            const auto loss = math::softmax_loss(u, views, credits).value();
            sum.loss += loss.loss;
            for (std::size_t v = 0; v < view_count; ++v) {
                sum.gradient[v] += loss.gradient[v];
            }
        }
        return sum;
    };
}

TEST(Learning, RegretIsWithinItsBound) {
    math::Random random(29);
    Stream stream;
    // No chart may move θ here: the bound is one of steps alone.
    stream.law.bounds.rollback.limit = 1e9;
    const auto box = learning_box(stream.law);
    const auto views = [](const auto& all) {
        return std::vector<double>(all.begin() + kUtilityCoordinates,
                                   all.begin() + kCalibrationFirst);
    };
    const auto views_box = math::Box::make(views(box.lower()), views(box.upper())).value();
    std::vector<LearningSignal> signals;
    double lost = 0;
    for (int i = 0; i < 400; ++i) {
        LearningSignal signal{.reward = 1, .memories = {}, .used = {}};
        for (int m = 0; m < 6; ++m) {
            auto& values = signal.memories.emplace_back();
            for (double& value : values.numbers) {
                value = random.uniform();
            }
            signal.used.push_back(false);
        }
        // The memory with the highest facet is the right one.
        std::size_t best = 0;
        for (std::size_t m = 1; m < 6; ++m) {
            if (signal.memories[m][View::facet] > signal.memories[best][View::facet]) {
                best = m;
            }
        }
        signal.used[best] = true;
        signals.push_back(signal);
        const auto theta =
            stream.history.newest ? stream.history.newest->after : starting_coordinates(stream.law);
        lost += total_of({signals.back()})(views(theta)).value().loss;
        stream.say(signal);
    }
    const auto best = math::minimise_over_box(total_of(signals), views_box, 1e-6).value();
    const double diameter = views_box.diameter();
    const double bound = (diameter * diameter / (2 * kViewsStep) + kViewsStep) *
                         std::sqrt(kFirstSquare + stream.rows.back().squares.views);
    EXPECT_LE(lost - best.value, bound);
    const auto start = starting_coordinates(stream.law);
    EXPECT_LT(lost, total_of(signals)(views(start)).value().loss)
        << "better than what it began with";
    EXPECT_GT(stream.rows.back().after[kUtilityCoordinates + 2], start[kUtilityCoordinates + 2]);
}

}  // namespace
}  // namespace soma::domain
