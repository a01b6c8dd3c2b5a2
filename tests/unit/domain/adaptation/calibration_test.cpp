#include "domain/adaptation/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "domain/adaptation/learning.h"
#include "math/convex/loss.h"
#include "math/numerics/random.h"
#include "support/adaptation_law.h"

namespace soma::domain {
namespace {

using testing::adaptive_law;

Theta fitted(const CoverageFeatures& weights, std::uint64_t verdicts = kEnoughVerdicts) {
    Theta theta = starting_theta(adaptive_law());
    theta.calibration = weights;
    theta.verdicts = verdicts;
    return theta;
}

CoverageFeatures any_features(math::Random& random) {
    CoverageFeatures features{};
    for (double& feature : features) {
        feature = random.uniform();
    }
    features.front() = 1;
    return features;
}

Theta theta_now(const LearningHistory& history, const Constitution& law) {
    return history.newest ? theta_of(history.newest->version, history.newest->after, law,
                                     history.newest->charts.count)
                          : starting_theta(law);
}

TEST(Calibration, FewVerdictsSayNothing) {
    const CoverageFeatures features = {1};
    EXPECT_FALSE(calibrated_probability(fitted({}, 0), features));
    EXPECT_FALSE(calibrated_probability(fitted({}, kEnoughVerdicts - 1), features));
    EXPECT_TRUE(calibrated_probability(fitted({}, kEnoughVerdicts), features));
    EXPECT_FALSE(calibrated_probability(starting_theta(adaptive_law()), features));
}

TEST(Calibration, AKnownAnswer) {
    CoverageFeatures weights{};
    weights.front() = std::log(3.0) + 0.5;
    weights.back() = -1;
    CoverageFeatures features{};
    features.front() = 1;
    features.back() = 0.5;
    EXPECT_DOUBLE_EQ(*calibrated_probability(fitted(weights), features), 0.75);
    EXPECT_EQ(*calibrated_probability(fitted({}), features), 0.5);
}

TEST(Calibration, RisesWithWhatWeighsForIt) {
    math::Random random(31);
    for (int round = 0; round < 2'000; ++round) {
        CoverageFeatures weights{};
        for (double& weight : weights) {
            weight = 8 * random.uniform() - 4;
        }
        const auto less = any_features(random);
        auto more = less;
        const auto i = static_cast<std::size_t>(random.uniform() * kCoverageFeatures);
        more[i] += random.uniform();
        const double before = *calibrated_probability(fitted(weights), less);
        const double after = *calibrated_probability(fitted(weights), more);
        ASSERT_TRUE(weights[i] >= 0 ? after >= before : after <= before);
    }
}

/// Whatever a law, and whatever was learnt.
TEST(Calibration, IsAboveNothingAndBelowOneInEveryCornerOfTheBox) {
    const auto law = adaptive_law();
    const auto box = learning_box(law);
    math::Random random(37);
    for (int round = 0; round < 2'000; ++round) {
        Coordinates corner{};
        for (std::size_t i = 0; i < kCoordinates; ++i) {
            corner[i] = random.uniform() < 0.5 ? box.lower()[i] : box.upper()[i];
        }
        CoverageFeatures features{};
        for (double& feature : features) {
            feature = random.uniform() < 0.5 ? -1 : 1;
        }
        const double p = *calibrated_probability(theta_of(1, corner, law, 1'000), features);
        ASSERT_GT(p, 0);
        ASSERT_LT(p, 1);
        ASSERT_TRUE(std::isfinite(std::log(p)));
    }
}

TEST(Calibration, HostileStreamsKeepItWithinItsBoundsAndStartAnew) {
    const auto law = adaptive_law();
    const auto box = learning_box(law);
    for (const auto& [even, odd] : {std::pair{1.0, 1.0}, {-1.0, -1.0}, {1.0, -1.0}}) {
        LearningHistory history;
        for (int i = 0; i < 2'000; ++i) {
            LearningSignal signal{.reward = i % 2 == 0 ? even : odd, .memories = {}, .used = {}};
            signal.features.emplace().fill(i % 2 == 0 ? 1 : -1);
            for (const auto& row : learn(history, signal, law)) {
                history.add(row);
                ASSERT_TRUE(box.contains(row.after));
            }
            const auto theta = theta_now(history, law);
            ASSERT_FALSE(calibrated_probability(theta, *signal.features))
                << "an alarm comes before there are enough of them";
        }
    }
}

/// Verdicts drawn by a law of coverage that nobody knows: p comes to say how often.
TEST(Calibration, LearnsHowOftenAnAnswerHelps) {
    const auto law = adaptive_law();
    math::Random random(41);
    LearningHistory history;
    double said = 0;
    double helped = 0;
    double squares = 0;
    double base_squares = 0;
    constexpr int kVerdicts = 4'000;
    for (int i = 0; i < kVerdicts; ++i) {
        const auto features = any_features(random);
        const double truth = math::logistic(4 * features[1] - 1);
        LearningSignal signal{
            .reward = random.uniform() < truth ? random.uniform() : 0, .memories = {}, .used = {}};
        signal.features = features;
        const auto p = calibrated_probability(theta_now(history, law), features);
        if (p && i > kVerdicts / 2) {
            const double came = signal.reward > 0 ? 1 : 0;
            said += *p;
            helped += came;
            squares += (*p - came) * (*p - came);
            base_squares += (0.69 - came) * (0.69 - came);
        }
        for (const auto& row : learn(history, signal, law)) {
            history.add(row);
        }
    }
    ASSERT_GT(helped, 0);
    EXPECT_NEAR(said / helped, 1, 0.05);
    EXPECT_LT(squares, 0.92 * base_squares) << "better than the base rate";
}

TEST(Calibration, TheSameVerdictsGiveTheSameBits) {
    const auto law = adaptive_law();
    const auto p_after = [&] {
        math::Random random(43);
        LearningHistory history;
        CoverageFeatures features{};
        for (int i = 0; i < 80; ++i) {
            LearningSignal signal{.reward = random.uniform(), .memories = {}, .used = {}};
            features = any_features(random);
            signal.features = features;
            for (const auto& row : learn(history, signal, law)) {
                history.add(row);
            }
        }
        return calibrated_probability(theta_now(history, law), features);
    };
    const auto first = p_after();
    const auto second = p_after();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(std::memcmp(&*first, &*second, sizeof(double)), 0);
}

}  // namespace
}  // namespace soma::domain
