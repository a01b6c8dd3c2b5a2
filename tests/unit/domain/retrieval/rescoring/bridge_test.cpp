#include "domain/retrieval/rescoring/bridge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "support/property.h"

namespace soma::domain {
namespace {

using Numbers = std::vector<double>;
using Vectors = std::vector<math::QuantizedVector>;

math::QuantizedVector at_angle(double degrees) {
    const double radians = degrees * 3.14159265358979 / 180;
    return math::quantize(std::vector<float>{static_cast<float>(std::cos(radians)),
                                             static_cast<float>(std::sin(radians))});
}

TEST(Bridge, MassIsNeverNegativeSumsToOneAndMeetsItsEnds) {
    test::property(
        [] {
            std::mt19937 random(*rc::gen::arbitrary<unsigned>());
            const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
            const std::size_t count = 2 + below(40);
            Vectors vectors;
            Numbers words;
            Numbers meaning;
            for (std::size_t i = 0; i < count; ++i) {
                std::vector<float> x(8);
                for (float& value : x) {
                    value = static_cast<float>(below(7)) - 3;  // zero vectors and copies among them
                }
                vectors.push_back(math::quantize(x));
                words.push_back(below(5) / 4.0);
                meaning.push_back(below(100) / 99.0);
            }
            ModuleFigures figures;
            const auto mass = bridge_masses(vectors, words, meaning, figures);
            RC_ASSERT(mass.size() == count);
            for (const double one : mass) {
                RC_ASSERT(one >= 0);
            }
            RC_ASSERT(std::fabs(std::accumulate(mass.begin(), mass.end(), 0.0) - 1) <= 1e-8);
            RC_ASSERT(figures.bridge_margin.value() <= 1e-8);
        },
        200);
}

TEST(Bridge, WhatLiesBetweenWordsAndMeaningGetsMoreThanWhatLiesAside) {
    // Two clusters and one memory half-way; another as far away from both as can be.
    const Vectors vectors{at_angle(0),  at_angle(5),  at_angle(10), at_angle(80),
                          at_angle(85), at_angle(90), at_angle(45), at_angle(225)};
    const Numbers words{1, 1, 1, 0, 0, 0, 0, 0};
    const Numbers meaning{0, 0, 0, 1, 1, 1, 0, 0};
    ModuleFigures figures;
    const auto mass = bridge_masses(vectors, words, meaning, figures);
    EXPECT_GT(mass[6], 2 * mass[7]);
}

TEST(Bridge, SameEndsAndSameVectorsGiveEqualMass) {
    const Vectors vectors(4, at_angle(30));
    const Numbers equal(4, 0.5);
    ModuleFigures figures;
    for (const double one : bridge_masses(vectors, equal, equal, figures)) {
        EXPECT_NEAR(one, 0.25, 1e-9);
    }
}

TEST(Bridge, OneMemoryHasAllAndNoneNothing) {
    ModuleFigures figures;
    EXPECT_EQ(bridge_masses(Vectors{at_angle(1)}, Numbers{0}, Numbers{1}, figures), Numbers{1});
    EXPECT_TRUE(bridge_masses({}, {}, {}, figures).empty());
    EXPECT_FALSE(figures.bridge_margin) << "nothing was computed";
}

TEST(Bridge, HalfWayThereIsHalfWayBack) {
    const Vectors vectors{at_angle(0), at_angle(30), at_angle(60)};
    ModuleFigures figures;
    const auto one = bridge_masses(vectors, Numbers{1, 0, 0}, Numbers{0, 0, 1}, figures);
    const auto back = bridge_masses(vectors, Numbers{0, 0, 1}, Numbers{1, 0, 0}, figures);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(one[i], back[i], 1e-8);
    }
}

}  // namespace
}  // namespace soma::domain
