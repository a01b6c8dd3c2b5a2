#include "math/hebbian/association.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

TEST(Association, DecayIsTheSameUnderAnySplit) {
    property([] {
        auto random = case_random();
        const HebbianRule rule{random.uniform() * 0.999, 0.1, 1};
        const Association association{random.uniform(), random.uniform(-100, 100)};
        const double end = association.written_at + test::decade(random, -3, 2);
        const double whole = weight_at(rule, association, end).value();
        double product = 1;
        double at = association.written_at;
        for (int i = 0; i < 8; ++i) {  // looking in between changes nothing, not one bit
            const double next = at + (end - at) * random.uniform();
            (void)weight_at(rule, association, next).value();
            product *= decay_factor(rule.decay, next - at).value();
            at = next;
        }
        product *= decay_factor(rule.decay, end - at).value();
        RC_ASSERT(weight_at(rule, association, end).value() == whole);
        RC_ASSERT(std::fabs(association.weight * product - whole) <= 1e-12 * whole + 1e-300);
    });
}

TEST(Association, StaysWithinItsBoundsWhateverHappens) {
    property([] {
        auto random = case_random();
        const HebbianRule rule{random.uniform() * 0.5, test::decade(random, -3, 3),
                               test::decade(random, -2, 2)};
        Association association;
        for (int i = 0; i < 20; ++i) {
            const double now = association.written_at + random.uniform(0, 10);
            const double faded = weight_at(rule, association, now).value();
            const double a = random.normal();
            const double b = random.normal();
            association = reinforced(rule, association, now, a, b).value();
            RC_ASSERT(association.weight >= 0 && association.weight <= rule.bound);
            const double free = faded + rule.rate * a * b;
            RC_ASSERT(association.weight == std::clamp(free, 0.0, rule.bound));
            RC_ASSERT(association.written_at == now);
        }
    });
}

TEST(Association, SteadyReinforcementSettlesAtRateOverDecay) {
    // w = (1−δ)w + η has the fixed point η/δ.
    const HebbianRule rule{0.25, 0.1, 1};
    Association association;
    for (int t = 1; t <= 200; ++t) {
        association = reinforced(rule, association, t, 1, 1).value();
    }
    EXPECT_NEAR(association.weight, 0.4, 1e-12);
    EXPECT_NEAR(weight_at(rule, association, 201).value(), 0.3, 1e-12);
}

TEST(Association, BadInputIsAnErrorValue) {
    const HebbianRule rule;
    EXPECT_EQ(decay_factor(1, 1).error().where, "decay");
    EXPECT_EQ(decay_factor(0.5, -1).error().where, "elapsed");
    EXPECT_EQ(weight_at(rule, {0.5, 10}, 9).error().where, "elapsed");
    EXPECT_EQ(weight_at(rule, {2, 0}, 1).error().where, "weight");
    EXPECT_EQ(weight_at({0.1, 0.1, 0}, {0, 0}, 1).error().where, "bound");
    EXPECT_EQ(weight_at({0.1, -1, 1}, {0, 0}, 1).error().where, "rate");
    EXPECT_EQ(weight_at(rule, {0, 0}, std::nan("")).error().where, "now");
    EXPECT_EQ(reinforced(rule, {0, 0}, 1, HUGE_VAL, 1).error().where, "activity");
    EXPECT_EQ(reinforced(rule, {0, 0}, 1, 1e200, 1e200).error().fault, MathFault::overflow);
}

}  // namespace
}  // namespace soma::math
