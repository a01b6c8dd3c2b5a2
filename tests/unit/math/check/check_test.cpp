#include "math/check/check.h"

#include <gtest/gtest.h>

#include <set>

namespace soma::math {
namespace {

TEST(MathChecks, EveryRoomIsCheckedAndHolds) {
    std::set<std::string> rooms;
    for (const auto& check : run_math_checks(1)) {
        EXPECT_TRUE(check.ok) << check.room << ": " << check.name << ": " << check.figure
                              << " above " << check.tolerance;
        rooms.insert(check.room);
    }
    EXPECT_EQ(rooms,
              (std::set<std::string>{"bridge", "charts", "convex", "density", "frgo", "geodesic",
                                     "graph", "hebbian", "hrr", "numerics", "utility"}));
}

TEST(MathChecks, TheSameSeedGivesTheSameFigures) {
    const auto one = run_math_checks(5);
    const auto two = run_math_checks(5);
    const auto other = run_math_checks(6);
    ASSERT_EQ(one.size(), two.size());
    bool differs = false;
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_EQ(one[i].figure, two[i].figure) << one[i].name;
        differs = differs || one[i].figure != other[i].figure;
    }
    EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace soma::math
