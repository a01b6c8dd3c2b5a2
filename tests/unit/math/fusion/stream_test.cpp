#include "math/fusion/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;

TEST(Stream, IsTheWeightedMeanAndLeavesWhatItDoesNotExplain) {
    property([] {
        auto random = case_random();
        const std::size_t d = 1 + random.below(20);
        const std::size_t n = 1 + random.below(10);
        const double scale = test::decade(random, -150, 150);
        auto memories = normal_vector(random, n * d);
        auto query = normal_vector(random, d);
        std::vector<double> weights(n);
        double sum = 0;
        for (double& w : weights) {
            sum += w = random.uniform() < 0.3 ? 0 : random.uniform();
        }
        weights[0] += sum == 0 ? 1 : 0;
        for (double& w : weights) {
            w /= sum == 0 ? 1 : sum;
        }
        for (auto* values : {&memories, &query}) {
            for (double& value : *values) {
                value *= scale;
            }
        }
        const auto stream = fuse_stream(weights, memories, query).value();
        for (std::size_t k = 0; k < d; ++k) {
            double mean = 0;
            double least = HUGE_VAL;
            double most = -HUGE_VAL;
            for (std::size_t i = 0; i < n; ++i) {
                mean += weights[i] * memories[i * d + k];
                least = std::min(least, memories[i * d + k]);
                most = std::max(most, memories[i * d + k]);
            }
            RC_ASSERT(std::fabs(stream.fused[k] - mean) <= 1e-14 * 10 * scale);
            // In the convex hull, coordinate by coordinate.
            RC_ASSERT(stream.fused[k] >= least - 1e-14 * 10 * scale);
            RC_ASSERT(stream.fused[k] <= most + 1e-14 * 10 * scale);
            RC_ASSERT(stream.residual[k] == query[k] - stream.fused[k]);
        }
    });
}

TEST(Stream, AMemoryEqualToTheQueryLeavesNothing) {
    const std::vector<double> query{3, -4};
    const auto stream =
        fuse_stream(std::vector<double>{0, 1}, std::vector<double>{9, 9, 3, -4}, query).value();
    EXPECT_EQ(stream.fused, query);
    EXPECT_EQ(stream.residual, (std::vector<double>{0, 0}));
}

TEST(Stream, BadInputIsAnErrorValue) {
    const std::vector<double> one{1};
    const std::vector<double> two{1, 2};
    EXPECT_EQ(fuse_stream({}, {}, one).error().where, "weights");
    EXPECT_EQ(fuse_stream(one, {}, {}).error().where, "query");
    EXPECT_EQ(fuse_stream(one, two, one).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(fuse_stream(std::vector<double>{-1, 2}, two, one).error().where, "weights[0]");
    EXPECT_EQ(fuse_stream(std::vector<double>{0.5, 0.6}, two, one).error().where, "weights");
    EXPECT_EQ(fuse_stream(one, std::vector<double>{std::nan("")}, one).error().where,
              "memories[0]");
    EXPECT_EQ(fuse_stream(one, one, std::vector<double>{HUGE_VAL}).error().where, "query[0]");
    EXPECT_EQ(
        fuse_stream(one, std::vector<double>{-1e308}, std::vector<double>{1.7e308}).error().fault,
        MathFault::overflow);
}

}  // namespace
}  // namespace soma::math
