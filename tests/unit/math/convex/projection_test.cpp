#include "math/convex/projection.h"

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

double gap(const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<double> difference = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
        difference[i] -= y[i];
    }
    return norm(difference);
}

Box any_box(Random& random, std::size_t n) {
    auto lower = normal_vector(random, n);
    auto upper = lower;
    for (double& value : upper) {
        value += random.uniform() < 0.1 ? 0 : random.uniform(0, 3);
    }
    return Box::make(lower, upper).value();
}

TEST(Box, ProjectionIsExactIdempotentAndNonExpansive) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(20);
        const Box box = any_box(random, n);
        const double scale = test::decade(random, -10, 300);
        auto x = normal_vector(random, n);
        auto y = normal_vector(random, n);
        for (std::size_t i = 0; i < n; ++i) {
            x[i] *= scale;
            y[i] *= scale;
        }
        const double before = gap(x, y);
        auto px = x;
        auto py = y;
        box.project(px).value();
        box.project(py).value();
        RC_ASSERT(box.contains(px));
        auto again = px;
        box.project(again).value();
        RC_ASSERT(again == px);
        RC_ASSERT(gap(px, py) <= before * (1 + 1e-15) + 1e-15);
        RC_ASSERT(gap(px, py) <= box.diameter() * (1 + 1e-15));
    });
}

TEST(Simplex, ProjectionIsTheNearestPointIdempotentAndNonExpansive) {
    property([] {
        auto random = case_random();
        const std::size_t n = 1 + random.below(30);
        const double total = test::decade(random, -3, 3);
        const double scale = total * test::decade(random, -2, 3);
        auto x = normal_vector(random, n);
        auto y = normal_vector(random, n);
        auto inside = normal_vector(random, n);  // some other point of the simplex
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            x[i] *= scale;
            y[i] *= scale;
            sum += inside[i] = std::fabs(inside[i]);
        }
        for (double& value : inside) {
            value *= total / sum;
        }
        auto px = x;
        auto py = y;
        project_simplex(px, total).value();
        project_simplex(py, total).value();
        RC_ASSERT(std::fabs(sum_compensated(px) / total - 1) <= 1e-12 * (1 + scale / total));
        for (const double value : px) {
            RC_ASSERT(value >= 0);
        }
        auto again = px;
        project_simplex(again, total).value();
        const double rounding = 1e-12 * (scale + total);
        RC_ASSERT(gap(again, px) <= rounding);
        RC_ASSERT(gap(px, py) <= gap(x, y) + rounding);
        RC_ASSERT(gap(x, px) <= gap(x, inside) + rounding);
        // The variational inequality that defines a projection: ⟨x − Πx, z − Πx⟩ ≤ 0.
        double product = 0;
        for (std::size_t i = 0; i < n; ++i) {
            product += (x[i] - px[i]) * (inside[i] - px[i]);
        }
        RC_ASSERT(product <= rounding * (scale + total));
    });
}

TEST(Simplex, KnownAnswersAndExtremes) {
    std::vector<double> x{0.5, 0.5, 2};
    project_simplex(x).value();
    EXPECT_EQ(x, (std::vector<double>{0, 0, 1}));
    std::vector<double> y{1, 1, 1, 1};
    project_simplex(y).value();
    EXPECT_EQ(y, (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
    std::vector<double> huge{1e300, -1e300, 1e300};
    project_simplex(huge).value();
    EXPECT_EQ(huge, (std::vector<double>{0.5, 0, 0.5}));
}

TEST(Projection, BadInputIsAnErrorValueAndNothingChanges) {
    EXPECT_EQ(Box::make({}, {}).error().fault, MathFault::empty);
    EXPECT_EQ(Box::make({0, 0}, {1}).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(Box::make({0, 2}, {1, 1}).error().where, "lower[1]");
    EXPECT_EQ(Box::make({0, 0}, {1, HUGE_VAL}).error().where, "upper[1]");
    const Box box = Box::make({0, 0}, {1, 1}).value();
    std::vector<double> x{5, std::nan("")};
    EXPECT_EQ(box.project(x).error().where, "x[1]");
    EXPECT_EQ(x[0], 5);
    EXPECT_FALSE(box.contains(x));
    EXPECT_FALSE(box.contains(std::vector<double>{0}));
    std::vector<double> empty;
    EXPECT_EQ(project_simplex(empty).error().fault, MathFault::empty);
    EXPECT_EQ(project_simplex(x).error().fault, MathFault::not_finite);
    std::vector<double> good{1};
    EXPECT_EQ(project_simplex(good, 0).error().where, "total");
}

}  // namespace
}  // namespace soma::math
