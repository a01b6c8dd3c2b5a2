#include "math/geodesic/distance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "math/numerics/vector.h"
#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

std::vector<double> on_sphere(Random& random, std::size_t n) {
    auto x = normal_vector(random, n);
    normalise(x).value();
    return x;
}

std::vector<double> in_ball(Random& random, std::size_t n, double rim = 1e-4) {
    auto x = on_sphere(random, n);
    const double radius = random.uniform(0, 1 - rim);
    for (double& value : x) {
        value *= radius;
    }
    return x;
}

/// A reflection I − 2hhᵀ: every rotation is a product of these.
std::vector<double> reflect(const std::vector<double>& x, const std::vector<double>& h) {
    std::vector<double> result = x;
    const double twice = 2 * dot(x, h);
    for (std::size_t i = 0; i < x.size(); ++i) {
        result[i] -= twice * h[i];
    }
    return result;
}

TEST(Sphere, IsAMetricAndBlindToRotations) {
    property([] {
        auto random = case_random();
        const std::size_t n = 2 + random.below(30);
        const auto u = on_sphere(random, n);
        const auto v = on_sphere(random, n);
        const auto w = on_sphere(random, n);
        const double uv = sphere_distance(u, v).value();
        RC_ASSERT(uv >= 0 && uv <= std::numbers::pi);
        RC_ASSERT(sphere_distance(u, u).value() == 0);
        RC_ASSERT(uv == sphere_distance(v, u).value());
        RC_ASSERT(uv <= sphere_distance(u, w).value() + sphere_distance(w, v).value() + 1e-12);
        RC_ASSERT(std::fabs(uv - std::acos(std::clamp(dot(u, v), -1.0, 1.0))) <= 1e-7);
        const auto h = on_sphere(random, n);
        RC_ASSERT(std::fabs(sphere_distance(reflect(u, h), reflect(v, h)).value() - uv) <= 1e-9);
    });
}

TEST(Sphere, SmallAnglesAndNearAntipodesKeepTheirDigits) {
    property([] {
        auto random = case_random();
        const double angle = test::decade(random, -9, -1);
        const std::vector<double> u{1, 0, 0};
        const std::vector<double> v{std::cos(angle), std::sin(angle), 0};
        RC_ASSERT(std::fabs(sphere_distance(u, v).value() / angle - 1) <= 1e-12);
        const std::vector<double> opposite{-v[0], -v[1], 0};
        RC_ASSERT(std::fabs(sphere_distance(u, opposite).value() - (std::numbers::pi - angle)) <=
                  1e-15);
    });
}

TEST(Poincare, IsAMetricAndBlindToRotationsAndTranslations) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(12);
        const auto u = in_ball(random, n);
        const auto v = in_ball(random, n);
        const auto w = in_ball(random, n);
        const double uv = poincare_distance(u, v).value();
        RC_ASSERT(poincare_distance(u, u).value() == 0);
        RC_ASSERT(uv == poincare_distance(v, u).value());
        RC_ASSERT(uv <= poincare_distance(u, w).value() + poincare_distance(w, v).value() + 1e-9);
        const auto h = on_sphere(random, n);
        RC_ASSERT(std::fabs(poincare_distance(reflect(u, h), reflect(v, h)).value() - uv) <=
                  1e-9 * (1 + uv));
        const auto a = in_ball(random, n, 0.1);
        const double moved =
            poincare_distance(mobius_add(a, u).value(), mobius_add(a, v).value()).value();
        RC_ASSERT(std::fabs(moved - uv) <= 1e-9 * (1 + uv));
    });
}

TEST(Poincare, MatchesItsDefinitionAndTheClosedFormFromTheCentre) {
    property([] {
        auto random = case_random();
        const auto u = in_ball(random, 3);
        const auto v = in_ball(random, 3);
        const std::vector<double> gap{u[0] - v[0], u[1] - v[1], u[2] - v[2]};
        const long double ratio =
            2 * static_cast<long double>(dot(gap, gap)) /
            ((1 - static_cast<long double>(dot(u, u))) * (1 - static_cast<long double>(dot(v, v))));
        RC_ASSERT(std::fabs(poincare_distance(u, v).value() -
                            static_cast<double>(std::acosh(1 + ratio))) <= 1e-8);
        // From the centre: d(0, x) = 2 artanh‖x‖, also for the smallest and near the rim.
        const double radius = random.uniform() < 0.5 ? test::decade(random, -12, -0.01)
                                                     : 1 - test::decade(random, -12, -1);
        const double got =
            poincare_distance(std::vector<double>{0.0}, std::vector<double>{radius}).value();
        RC_ASSERT(std::fabs(got / (2 * std::atanh(radius)) - 1) <= 1e-12);
    });
}

TEST(Geodesic, BadInputIsAnErrorValue) {
    const std::vector<double> good{1, 0};
    EXPECT_EQ(sphere_distance({}, {}).error().fault, MathFault::empty);
    EXPECT_EQ(sphere_distance(good, std::vector<double>{1}).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(sphere_distance(good, std::vector<double>{2, 0}).error(),
              (MathError{MathFault::out_of_range, "a point on the sphere has norm 1", "v"}));
    EXPECT_EQ(sphere_distance(std::vector<double>{std::nan(""), 0}, good).error().where, "u[0]");
    EXPECT_EQ(poincare_distance(good, std::vector<double>{0, 0}).error().where, "u");
    EXPECT_EQ(
        poincare_distance(std::vector<double>{0, 0}, std::vector<double>{0, 1e200}).error().where,
        "v");
    EXPECT_EQ(mobius_add(std::vector<double>{0, 0}, good).error().fault, MathFault::out_of_range);
}

}  // namespace
}  // namespace soma::math
