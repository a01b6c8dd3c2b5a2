#include "math/hrr/spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "math/hrr/keys.h"
#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

Spectrum random_item(Random& random, std::size_t dimension) {
    auto x = normal_vector(random, dimension);
    normalise(x).value();
    return to_spectrum(x).value();
}

std::size_t any_dimension(Random& random) {
    constexpr std::size_t kUsual[] = {2, 4, 6, 64, 510, 1024};
    return random.uniform() < 0.02 ? kDefaultDimension : kUsual[random.below(std::size(kUsual))];
}

/// The distance of two hypervectors.
double gap(const Spectrum& x, const Spectrum& y) {
    Spectrum difference = x;
    superpose(difference, -1.0, y).value();
    return norm(difference);
}

TEST(Spectrum, BindingIsCircularConvolution) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 * (1 + random.below(24));
        const auto x = normal_vector(random, d);
        const auto y = normal_vector(random, d);
        const auto z =
            from_spectrum(bind(to_spectrum(x).value(), to_spectrum(y).value()).value()).value();
        for (std::size_t i = 0; i < d; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < d; ++j) {
                sum += x[j] * y[(i + d - j) % d];
            }
            RC_ASSERT(std::fabs(sum - z[i]) <= 1e-12 * static_cast<double>(d));
        }
    });
}

TEST(Spectrum, UnitaryBindingIsAnIsometryAndUnbindingUndoesIt) {
    property([] {
        auto random = case_random();
        const std::size_t d = any_dimension(random);
        const auto key = role_key("role", d, random.next()).value();
        const auto x = random_item(random, d);
        const auto bound = bind(key, x).value();
        RC_ASSERT(std::fabs(norm(bound) - norm(x)) <= 1e-12);
        RC_ASSERT(gap(unbind_unitary(key, bound).value(), x) <= 1e-12);
        const auto key_f = to_float(key);
        const auto x_f = to_float(x);
        const auto bound_f = bind(key_f, x_f).value();
        RC_ASSERT(std::fabs(norm(bound_f) - norm(x_f)) <= 3e-6F);
        RC_ASSERT(gap(to_double(unbind_unitary(key_f, bound_f).value()), x) <= 3e-6);
    });
}

TEST(Spectrum, BindingCommutesAssociatesAndDistributes) {
    property([] {
        auto random = case_random();
        const std::size_t d = any_dimension(random);
        const auto a = random_item(random, d);
        const auto b = random_item(random, d);
        const auto c = random_item(random, d);
        RC_ASSERT(bind(a, b).value() == bind(b, a).value());
        const auto left = bind(bind(a, b).value(), c).value();
        const auto right = bind(a, bind(b, c).value()).value();
        RC_ASSERT(gap(left, right) <= 1e-12 * (1 + norm(left)));
        Spectrum sum = b;
        superpose(sum, 0.75, c).value();
        Spectrum parts = bind(a, b).value();
        superpose(parts, 0.75, bind(a, c).value()).value();
        RC_ASSERT(gap(bind(a, sum).value(), parts) <= 1e-12 * (1 + norm(parts)));
    });
}

TEST(Spectrum, SuperpositionKeepsItsWeights) {
    property([] {
        auto random = case_random();
        const std::size_t d = any_dimension(random);
        const double weights[] = {random.uniform(-3, 3), random.uniform(-3, 3),
                                  random.uniform(0, 9)};
        Spectrum left(d);   // ((w0 x0 + w1 x1) + w2 x2)
        Spectrum right(d);  // (w0 x0 + (w1 x1 + w2 x2))
        Spectrum tail(d);
        std::vector<Spectrum> items;
        for (int i = 0; i < 3; ++i) {
            items.push_back(random_item(random, d));
            superpose(left, weights[i], items.back()).value();
        }
        superpose(tail, weights[1], items[1]).value();
        superpose(tail, weights[2], items[2]).value();
        superpose(right, weights[0], items[0]).value();
        superpose(right, 1.0, tail).value();
        RC_ASSERT(gap(left, right) <= 1e-12 * 20);
        double expected = 0;
        for (int i = 0; i < 3; ++i) {
            expected += weights[i] * inner(items[static_cast<std::size_t>(i)], items[2]);
        }
        RC_ASSERT(std::fabs(inner(left, items[2]) - expected) <= 1e-12 * 20);
    });
}

TEST(Spectrum, ParsevalGivesTheInnerProductOfTheSignals) {
    property([] {
        auto random = case_random();
        const std::size_t d = any_dimension(random);
        const auto x = normal_vector(random, d);
        const auto y = normal_vector(random, d);
        const auto fx = to_spectrum(x).value();
        const auto fy = to_spectrum(y).value();
        const double size = norm(x) * norm(y);
        RC_ASSERT(std::fabs(inner(fx, fy) - dot(x, y)) <= 1e-12 * size);
        RC_ASSERT(std::fabs(cosine(fx, fy).value() - cosine(x, y).value()) <= 1e-12);
        RC_ASSERT(std::fabs(inner(to_float(fx), to_float(fy)) - dot(x, y)) <= 3e-6 * size);
    });
}

TEST(Spectrum, RandomItemsAreNearlyOrthogonal) {
    Random random(11);
    constexpr std::size_t kDimension = 1024;
    constexpr int kPairs = 4000;
    double mean = 0;
    double square = 0;
    for (int i = 0; i < kPairs; ++i) {
        const double c = inner(random_item(random, kDimension), random_item(random, kDimension));
        mean += c / kPairs;
        square += c * c / kPairs;
    }
    const double sd = 1 / std::sqrt(static_cast<double>(kDimension));
    EXPECT_NEAR(mean, 0, 4 * sd / std::sqrt(kPairs));
    EXPECT_NEAR(std::sqrt(square) / sd, 1, 0.05);
}

TEST(Spectrum, BindIntoMayOverwriteAnInput) {
    auto random = Random(3);
    const auto a = random_item(random, 2048);
    auto b = random_item(random, 2048);
    const auto expected = bind(a, b).value();
    ASSERT_TRUE(bind_into(a, b, b));
    EXPECT_EQ(b, expected);
}

TEST(Spectrum, BadInputIsAnErrorValueAndNothingChanges) {
    EXPECT_EQ(to_spectrum(std::vector<double>(7, 1.0)).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(to_spectrum(std::vector<double>{}).error().fault, MathFault::wrong_shape);
    std::vector<double> bad(8, 1.0);
    bad[5] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(to_spectrum(bad).error().where, "x[5]");
    Spectrum zero(8);
    EXPECT_EQ(normalise(zero).error().fault, MathFault::zero_vector);
    EXPECT_EQ(cosine(zero, Spectrum(8)).error().fault, MathFault::zero_vector);
    EXPECT_EQ(cosine(zero, Spectrum(10)).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(bind(zero, Spectrum(10)).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(unbind_unitary(zero, Spectrum(10)).error().fault, MathFault::wrong_shape);
    const auto huge = to_spectrum(std::vector<double>(8, 1e200)).value();
    EXPECT_EQ(bind(huge, huge).error().fault, MathFault::overflow);
    auto sum = to_spectrum(std::vector<double>(8, 1e306)).value();
    const auto before = sum;
    EXPECT_EQ(superpose(sum, 1e10, before).error().fault, MathFault::overflow);
    EXPECT_EQ(superpose(sum, std::nan(""), before).error().where, "weight");
    EXPECT_EQ(sum, before);
}

}  // namespace
}  // namespace soma::math
