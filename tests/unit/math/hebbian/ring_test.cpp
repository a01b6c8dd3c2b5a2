#include "math/hebbian/ring.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

TEST(Ring, KeepsExactlyTheLastItems) {
    property([] {
        auto random = case_random();
        const std::size_t capacity = 1 + random.below(20);
        auto ring = Ring<int>::make(capacity).value();
        const int count = static_cast<int>(random.below(60));
        for (int i = 0; i < count; ++i) {
            ring.push(i);
            RC_ASSERT(ring.size() <= capacity);
        }
        RC_ASSERT(ring.size() == std::min(capacity, static_cast<std::size_t>(count)));
        for (std::size_t i = 0; i < ring.size(); ++i) {
            RC_ASSERT(ring[i] == count - static_cast<int>(ring.size() - i));
        }
        const int cutoff = static_cast<int>(random.below(60));
        ring.drop_while([&](int item) { return item < cutoff; });
        if (ring.size() > 0) {
            RC_ASSERT(ring[0] >= cutoff);
        }
    });
}

TEST(Ring, WeightsAreAnExponentialAverage) {
    property([] {
        auto random = case_random();
        const double gamma = random.uniform();
        const std::size_t n = random.below(200);
        const auto weights = ewma_weights(n, gamma).value();
        RC_ASSERT(weights.size() == n);
        const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
        RC_ASSERT(std::fabs(sum - (1 - std::pow(gamma, static_cast<double>(n)))) <= 1e-12);
        // The weighted sum of the items is the recursive average started at 0.
        double recursive = 0;
        double direct = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double x = random.normal();
            recursive = gamma * recursive + (1 - gamma) * x;
            direct += weights[i] * x;
        }
        RC_ASSERT(std::fabs(recursive - direct) <= 1e-12);
    });
}

TEST(Ring, BadInputIsAnErrorValue) {
    EXPECT_EQ(Ring<int>::make(0).error().where, "capacity");
    EXPECT_EQ(Ring<int>::make(65'537).error().where, "capacity");
    for (const double bad : {-0.1, 1.0, std::nan("")}) {
        EXPECT_EQ(ewma_weights(3, bad).error().where, "gamma");
    }
    EXPECT_EQ(ewma_weights(2, 0).value(), (std::vector<double>{0, 1}));
}

}  // namespace
}  // namespace soma::math
