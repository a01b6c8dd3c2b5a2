#include "math/hrr/cleanup.h"

#include <gtest/gtest.h>

#include <cmath>

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

TEST(CleanUp, FindsTheNearestItemByCosine) {
    property([] {
        auto random = case_random();
        const std::size_t d = 2 * (1 + random.below(60));
        auto memory = CleanUp::make(d).value();
        std::vector<Spectrum> items;
        const std::size_t count = 1 + random.below(150);
        for (std::size_t i = 0; i < count; ++i) {
            Spectrum item(d);
            superpose(item, test::decade(random, -9, 9), random_item(random, d)).value();
            items.push_back(item);
            RC_ASSERT(memory.add(item).value() == i);
        }
        std::vector<Spectrum> queries;
        const std::size_t asked = 1 + random.below(6);  // one by one and as a product
        for (std::size_t q = 0; q < asked; ++q) {
            queries.push_back(random_item(random, d));
        }
        const auto matches = memory.nearest(queries).value();
        for (std::size_t q = 0; q < queries.size(); ++q) {
            double best = -2;
            for (const auto& item : items) {
                best = std::max(best, cosine(queries[q], item).value());
            }
            RC_ASSERT(std::fabs(matches[q].cosine - best) <= 3e-6);
            const double own = cosine(queries[q], items[matches[q].index]).value();
            RC_ASSERT(std::fabs(own - best) <= 3e-6);
        }
    });
}

TEST(CleanUp, EqualItemsGoToTheLowerIndex) {
    Random random(2);
    auto memory = CleanUp::make(64).value();
    const auto item = random_item(random, 64);
    for (int i = 0; i < 200; ++i) {
        memory.add(i == 0 ? random_item(random, 64) : item).value();
    }
    EXPECT_EQ(memory.nearest(item).value().index, 1);
}

/// Top-1 accuracy over `trials` traces of k pairs, N items.
double measured_accuracy(Random& random, int k, std::size_t items, std::size_t d, int trials) {
    int right = 0;
    for (int trial = 0; trial < trials; ++trial) {
        auto memory = CleanUp::make(d).value();
        Spectrum trace(d);
        std::vector<Spectrum> keys;
        for (std::size_t i = 0; i < items; ++i) {
            const auto item = random_item(random, d);
            memory.add(item).value();
            if (i < static_cast<std::size_t>(k)) {
                keys.push_back(role_key("k" + std::to_string(i), d, random.next()).value());
                superpose(trace, 1.0, bind(keys.back(), item).value()).value();
            }
        }
        for (std::size_t i = 0; i < keys.size(); ++i) {
            right += memory.nearest(unbind_unitary(keys[i], trace).value()).value().index == i;
        }
    }
    return static_cast<double>(right) / (trials * k);
}

TEST(CleanUp, AccuracyFollowsItsGaussianPrediction) {
    struct Row {
        int k;
        std::size_t items, dimension;
        int trials;
    };
    Random random(17);
    for (const Row row : {Row{2, 50, 64, 400}, Row{4, 100, 128, 150}, Row{8, 100, 128, 100},
                          Row{16, 200, 512, 40}, Row{32, 200, 512, 30}, Row{8, 200, 1024, 20}}) {
        const double predicted =
            predicted_cleanup_accuracy(static_cast<std::size_t>(row.k), row.items, row.dimension)
                .value();
        const double measured =
            measured_accuracy(random, row.k, row.items, row.dimension, row.trials);
        // Three binomial standard deviations (queries of one trace share it) and the model's 0.02.
        const double sd = std::sqrt(predicted * (1 - predicted) / (row.trials * row.k));
        EXPECT_NEAR(measured, predicted, 3 * sd + 0.02)
            << row.k << " pairs, " << row.items << " items, D " << row.dimension;
    }
}

TEST(CleanUp, PredictionHasItsLimits) {
    EXPECT_NEAR(predicted_cleanup_accuracy(1, 1, 10).value(), 1, 1e-12);
    EXPECT_NEAR(predicted_cleanup_accuracy(1, 2, 1).value(), 0.841344746, 1e-6);  // Φ(1)
    EXPECT_GT(predicted_cleanup_accuracy(4, 1000, 8192).value(), 0.999999);
    EXPECT_NEAR(predicted_cleanup_accuracy(100000, 100, 10).value(), 0.01, 0.005);
    EXPECT_EQ(predicted_cleanup_accuracy(0, 1, 1).error().fault, MathFault::out_of_range);
}

TEST(CleanUp, BadInputIsAnErrorValueAndAddsNothing) {
    EXPECT_EQ(CleanUp::make(3).error().fault, MathFault::wrong_shape);
    auto memory = CleanUp::make(8).value();
    Random random(1);
    const auto item = random_item(random, 8);
    EXPECT_EQ(memory.nearest(item).error().fault, MathFault::empty);
    EXPECT_EQ(memory.add(Spectrum(8)).error().fault, MathFault::zero_vector);
    EXPECT_EQ(memory.add(Spectrum(10)).error().fault, MathFault::wrong_shape);
    EXPECT_EQ(memory.size(), 0);
    ASSERT_TRUE(memory.add(item));
    EXPECT_EQ(memory.nearest(Spectrum(8)).error().fault, MathFault::zero_vector);
    EXPECT_EQ(memory.nearest(item).value().index, 0);
    EXPECT_TRUE(memory.nearest(std::span<const Spectrum>{}).value().empty());
}

}  // namespace
}  // namespace soma::math
