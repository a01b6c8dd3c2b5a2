#include "math/check/generators.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace soma::math {
namespace {

TEST(Generators, MakeWhatTheyPromise) {
    Random random(3);
    const Graph graph = random_graph(random, 40, 25);
    EXPECT_EQ(graph.components(), 1);
    EXPECT_EQ(graph.edges().size(), 64);
    for (const double c : random_conductances(random, graph, -2, 1)) {
        EXPECT_GE(c, 0.0099);
        EXPECT_LE(c, 10.01);
    }
    const auto masses = random_masses(random, 17);
    EXPECT_NEAR(std::accumulate(masses.begin(), masses.end(), 0.0), 1, 1e-15);
    EXPECT_NEAR(norm(unit_spectrum(random, 64)), 1, 1e-12);
    EXPECT_EQ(largest_gap(std::vector<double>{1, 5}, std::vector<double>{2, 2}), 3);
}

}  // namespace
}  // namespace soma::math
