#include "math/convex/loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

/// Convexity and the gradient together: f(y) ≥ f(x) + ⟨∇f(x), y − x⟩, tight for near points.
template <typename Loss>
void check_gradient(Random& random, const Loss& loss, const std::vector<double>& x) {
    const LossGradient here = loss(x);
    const auto direction = normal_vector(random, x.size());
    for (const double h : {1.0, 1e-4}) {
        auto y = x;
        double slope = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] += h * direction[i];
            slope += h * direction[i] * here.gradient[i];
        }
        const double rise = loss(y).loss - here.loss;
        RC_ASSERT(rise >= slope - 1e-12 * (1 + std::fabs(here.loss)));
        if (h < 1) {
            RC_ASSERT(std::fabs(rise - slope) <= 1e-4 * h * (1000 + std::fabs(here.loss)));
        }
    }
}

TEST(Loss, SquaredErrorIsConvexWithItsGradient) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(6);
        const auto z = normal_vector(random, n);
        const double y = random.normal();
        check_gradient(
            random, [&](const auto& theta) { return squared_loss(theta, z, y).value(); },
            normal_vector(random, n));
    });
}

TEST(Loss, LogisticIsConvexWithItsGradient) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(6);
        const auto z = normal_vector(random, n);
        const double y = random.uniform();
        check_gradient(
            random, [&](const auto& theta) { return logistic_loss(theta, z, y).value(); },
            normal_vector(random, n));
    });
}

TEST(Loss, LogisticKnownAnswers) {
    EXPECT_EQ(logistic(0), 0.5);
    EXPECT_DOUBLE_EQ(logistic(std::log(3.0)), 0.75);
    EXPECT_EQ(logistic(-1e308), 0);
    EXPECT_EQ(logistic(1e308), 1);
    const std::vector<double> theta = {std::log(3.0), 0};
    const std::vector<double> z = {1, -2};
    const auto helped = logistic_loss(theta, z, 1).value();
    EXPECT_DOUBLE_EQ(helped.loss, std::log(4.0 / 3));
    EXPECT_DOUBLE_EQ(helped.gradient[0], -0.25);
    EXPECT_DOUBLE_EQ(helped.gradient[1], 0.5);
    EXPECT_DOUBLE_EQ(logistic_loss(theta, z, 0).value().loss, std::log(4.0));
    const std::vector<double> far = {1'000, 0};
    EXPECT_EQ(logistic_loss(far, z, 1).value().loss, 0) << "no overflow on the way";
    EXPECT_EQ(logistic_loss(far, z, 0).value().loss, 1'000);
    for (const double y : {-0.1, 1.1, std::nan("")}) {
        EXPECT_FALSE(logistic_loss(theta, z, y));
    }
    EXPECT_FALSE(logistic_loss(theta, std::vector<double>{1}, 0));
    EXPECT_FALSE(logistic_loss({}, {}, 0));
}

TEST(Loss, SoftmaxCrossEntropyIsConvexWithItsGradient) {
    property([] {
        auto random = case_random();
        const std::size_t k = 1 + random.below(5);
        const std::size_t n = 1 + random.below(100);
        const auto views = normal_vector(random, n * k);
        std::vector<double> credits(n, 0.0);
        credits[random.below(n)] += 0.75;
        credits[random.below(n)] += 0.25;
        const auto omega = normal_vector(random, k);
        const auto loss = [&](const auto& w) { return softmax_loss(w, views, credits).value(); };
        check_gradient(random, loss, omega);
        RC_ASSERT(loss(omega).loss >= 0);
    });
}

TEST(Loss, KnownAnswers) {
    const auto squared =
        squared_loss(std::vector<double>{1, 2}, std::vector<double>{3, 4}, 1).value();
    EXPECT_EQ(squared.loss, 50);
    EXPECT_EQ(squared.gradient, (std::vector<double>{30, 40}));
    // Two equal memories: softmax is (½, ½) whatever ω is.
    const auto softmax =
        softmax_loss(std::vector<double>{7}, std::vector<double>{2, 2}, std::vector<double>{1, 0})
            .value();
    EXPECT_NEAR(softmax.loss, std::log(2), 1e-15);
    EXPECT_NEAR(softmax.gradient[0], 0, 1e-15);
    // Scores of ±1e308 neither overflow nor give NaN.
    const auto extreme = softmax_loss(std::vector<double>{1}, std::vector<double>{8e307, -8e307},
                                      std::vector<double>{1, 0})
                             .value();
    EXPECT_EQ(extreme.loss, 0);
}

TEST(Loss, BadInputIsAnErrorValue) {
    const std::vector<double> one{1};
    const std::vector<double> bad{std::nan("")};
    EXPECT_EQ(squared_loss({}, {}, 1).error().fault, MathFault::empty);
    EXPECT_EQ(squared_loss(one, {}, 1).error().where, "z");
    EXPECT_EQ(squared_loss(bad, one, 1).error().where, "theta[0]");
    EXPECT_EQ(squared_loss(one, one, HUGE_VAL).error().where, "y");
    EXPECT_EQ(squared_loss(std::vector<double>{1e200}, one, 0).error().fault, MathFault::overflow);
    EXPECT_EQ(softmax_loss(one, {}, {}).error().fault, MathFault::empty);
    EXPECT_EQ(softmax_loss(one, std::vector<double>{1, 2}, one).error().where, "views");
    EXPECT_EQ(
        softmax_loss(one, std::vector<double>{1, 2}, std::vector<double>{2, -1}).error().where,
        "credits[1]");
    EXPECT_EQ(softmax_loss(one, std::vector<double>{1, 2}, std::vector<double>{1, 1}).error().where,
              "credits");
    EXPECT_EQ(softmax_loss(one, bad, one).error().where, "views[0]");
}

}  // namespace
}  // namespace soma::math
