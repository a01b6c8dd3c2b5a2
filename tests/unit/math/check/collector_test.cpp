#include "math/check/collector.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace soma::math {
namespace {

TEST(CheckCollector, AFigureHoldsUpToItsTolerance) {
    CheckCollector checks;
    checks.add("room", "at", 0.5, [] { return 0.5; });
    checks.add("room", "above", 0.5, [] { return 0.51; });
    checks.add("room", "none", 0.5, [] { return std::nan(""); });
    ASSERT_EQ(checks.list.size(), 3U);
    EXPECT_TRUE(checks.list[0].ok);
    EXPECT_FALSE(checks.list[1].ok);
    EXPECT_FALSE(checks.list[2].ok);
    EXPECT_EQ(checks.list[1].room, "room");
    EXPECT_EQ(checks.list[1].figure, 0.51);
}

TEST(CheckCollector, AnErrorIsAFailureWithoutAFigure) {
    CheckCollector checks;
    checks.add("room", "thrown", 1e300,
               []() -> double { throw Error(ErrorKind::internal, "no such luck"); });
    EXPECT_FALSE(checks.list[0].ok);
    EXPECT_TRUE(std::isinf(checks.list[0].figure));
}

}  // namespace
}  // namespace soma::math
