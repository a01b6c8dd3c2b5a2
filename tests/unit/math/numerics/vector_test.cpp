#include "math/numerics/vector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::decade;
using test::normal_vector;
using test::property;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void scale_by(std::vector<double>& x, double c) {
    for (double& v : x) {
        v *= c;
    }
}

TEST(Vector, NormalisedHasNormOneAtEveryScale) {
    property([] {
        auto random = case_random();
        auto x = normal_vector(random, 1 + random.below(2000));
        scale_by(x, decade(random, -320, 300));
        const auto done = normalise(x);
        if (!done) {  // everything underflowed to zero: the one honest outcome
            RC_ASSERT(done.error().fault == MathFault::zero_vector);
            return;
        }
        RC_ASSERT(all_finite(x));
        RC_ASSERT(std::fabs(std::sqrt(dot(x, x)) - 1) <= 1e-12);
    });
}

TEST(Vector, NormaliseIsIdempotentAndBlindToScale) {
    property([] {
        auto random = case_random();
        auto x = normal_vector(random, 1 + random.below(500));
        auto scaled = x;
        scale_by(scaled, decade(random, -280, 280));
        ASSERT_TRUE(normalise(x));
        ASSERT_TRUE(normalise(scaled));
        auto again = x;
        ASSERT_TRUE(normalise(again));
        for (std::size_t i = 0; i < x.size(); ++i) {
            RC_ASSERT(std::fabs(x[i] - again[i]) <= 1e-15);
            RC_ASSERT(std::fabs(x[i] - scaled[i]) <= 1e-12);
        }
    });
}

TEST(Vector, NormSurvivesTheEndsOfTheRange) {
    EXPECT_EQ(norm(std::vector<double>{3e300, 4e300}), 5e300);
    EXPECT_EQ(norm(std::vector<double>{3e-320, 4e-320}), 5e-320);
    EXPECT_EQ(norm(std::vector<double>{}), 0);
    EXPECT_EQ(norm(std::vector<double>{0, 0}), 0);
    EXPECT_EQ(norm(std::vector<double>{1.7e308, 1.7e308}), kInfinity);
    std::vector<double> tiny{std::numeric_limits<double>::denorm_min(), 0};
    ASSERT_TRUE(normalise(tiny));
    EXPECT_EQ(tiny, (std::vector<double>{1, 0}));
}

TEST(Vector, BadInputIsAnErrorValueAndNothingChanges) {
    std::vector<double> empty;
    EXPECT_EQ(normalise(empty).error().fault, MathFault::empty);
    std::vector<double> zero{0, -0.0};
    EXPECT_EQ(normalise(zero).error().fault, MathFault::zero_vector);
    std::vector<double> bad{1, kInfinity, kNaN};
    EXPECT_EQ(normalise(bad).error(),
              (MathError{MathFault::not_finite, "a number is NaN or infinite", "x[1]"}));
    EXPECT_EQ(bad[0], 1);
    EXPECT_EQ(cosine(std::vector<double>{1, 0}, std::vector<double>{1}).error().fault,
              MathFault::wrong_shape);
    EXPECT_EQ(cosine(std::vector<double>{1, 0}, std::vector<double>{1, kNaN}).error().where,
              "y[1]");
}

TEST(Vector, CosineIsBoundedAndKnowsItself) {
    property([] {
        auto random = case_random();
        const auto size = 1 + random.below(300);
        const auto x = normal_vector(random, size);
        auto y = normal_vector(random, size);
        scale_by(y, decade(random, -200, 200));
        const double c = cosine(x, y).value();
        RC_ASSERT(std::fabs(c) <= 1);
        RC_ASSERT(cosine(y, x).value() == c);
        RC_ASSERT(std::fabs(cosine(x, x).value() - 1) <= 1e-15 * 16);
    });
}

TEST(Vector, CompensatedSumsSurviveCancellation) {
    const std::vector<double> hard{1, 1e100, 1, -1e100};
    EXPECT_EQ(sum_compensated(hard), 2);
    const std::vector<double> ones(4, 1);
    EXPECT_EQ(dot_compensated(hard, ones), 2);
    property([] {
        auto random = case_random();
        const auto x = normal_vector(random, random.below(400));
        const auto y = normal_vector(random, x.size());
        long double exact = 0;
        long double size = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const long double term = static_cast<long double>(x[i]) * y[i];
            exact += term;
            size += std::fabs(term);
        }
        RC_ASSERT(std::fabs(dot_compensated(x, y) - static_cast<double>(exact)) <=
                  3e-16 * std::fabs(static_cast<double>(exact)) +
                      1e-18 * static_cast<double>(size));
        RC_ASSERT(std::fabs(dot(x, y) - static_cast<double>(exact)) <=
                  1e-13 * static_cast<double>(size));
    });
}

TEST(Vector, AnErrorTakenForAValueThrowsWithItsPlace) {
    std::vector<double> bad{kNaN};
    try {
        normalise(bad).value();
        FAIL() << "no exception";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        EXPECT_EQ(error.field(), "x[0]");
    }
    EXPECT_EQ(name_of(MathFault::not_converged), "not_converged");
}

}  // namespace
}  // namespace soma::math
