#include "math/hrr/keys.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

TEST(Keys, PhasesAreTheSameBytesEverywhere) {
    // hashlib.blake2b(b"soma.hrr.role.v1\0" + pack(">IQQ", 8192, 7, 0) + b"agent").hexdigest()
    const auto phases = role_phases("agent", 8192, 7).value();
    ASSERT_EQ(phases.size(), 4096);
    EXPECT_EQ(phases[0], 0xa7f70e6aU);
    EXPECT_EQ(phases[1], 0xfcc9253aU);
    EXPECT_EQ(phases[16], 0x94d93de8U);  // the second block
    EXPECT_EQ(phases[4095], 0x15373bfbU);
}

TEST(Keys, AreUnitaryAndReal) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 * (1 + random.below(300));
        const auto key = role_key("r", d, random.next()).value();
        for (std::size_t k = 1; k < key.slots(); ++k) {
            RC_ASSERT(std::fabs(std::hypot(key.re()[k], key.im()[k]) - 1) <= 3e-16);
        }
        RC_ASSERT(std::fabs(key.re()[0]) == 1);
        RC_ASSERT(std::fabs(key.im()[0]) == 1);
        RC_ASSERT(std::fabs(norm(key) - 1) <= 1e-12);
    });
}

TEST(Keys, DependOnTokenDimensionAndSeed) {
    std::set<std::vector<std::uint32_t>> seen;
    for (const auto* token : {"", "a", "b"}) {
        for (const std::uint64_t seed : {0ULL, 1ULL, ~0ULL}) {
            for (const std::size_t d : {64U, 128U}) {
                auto phases = role_phases(token, d, seed).value();
                phases.resize(32);
                EXPECT_TRUE(seen.insert(phases).second) << token << seed << d;
            }
        }
    }
}

TEST(Keys, PermutationsAreExactIsometriesThatKeepStructure) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 * (1 + random.below(200));
        const auto order = Permutation::make("order", d, random.next()).value();
        const auto x = to_spectrum(normal_vector(random, d)).value();
        const auto y = to_spectrum(normal_vector(random, d)).value();
        const auto px = order.apply(x).value();
        const auto py = order.apply(y).value();
        RC_ASSERT(order.invert(px).value() == x);
        RC_ASSERT(order.apply(order.invert(x).value()).value() == x);
        RC_ASSERT(std::fabs(inner(px, py) - inner(x, y)) <= 1e-12 * norm(x) * norm(y));
        RC_ASSERT(bind(px, py).value() == order.apply(bind(x, y).value()).value());
        if (d >= 64) {  // order matters
            RC_ASSERT(cosine(bind(px, y).value(), bind(x, py).value()).value() < 0.9);
        }
    });
}

TEST(Keys, BadInputIsAnErrorValue) {
    for (const std::size_t d : {0U, 1U, 3U, 65538U}) {
        EXPECT_EQ(role_key("x", d, 0).error().fault, MathFault::wrong_shape) << d;
        EXPECT_EQ(role_phases("x", d, 0).error().fault, MathFault::wrong_shape) << d;
        EXPECT_EQ(Permutation::make("x", d, 0).error().fault, MathFault::wrong_shape) << d;
    }
    const auto order = Permutation::make("x", 8, 0).value();
    EXPECT_EQ(order.apply(Spectrum(10)).error().where, "x");
    EXPECT_EQ(order.invert(Spectrum(10)).error().where, "x");
}

}  // namespace
}  // namespace soma::math
