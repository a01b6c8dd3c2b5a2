#include "math/result.h"

#include <gtest/gtest.h>

namespace soma::math {
namespace {

Result<double> root_of(double x) {
    if (x < 0) {
        return MathError{MathFault::out_of_range, "no real root", at_index("x", 3)};
    }
    return x;
}

TEST(MathResult, HoldsAValueOrSaysWhatAndWhere) {
    EXPECT_EQ(root_of(2).value(), 2);
    ASSERT_FALSE(root_of(-1));
    EXPECT_EQ(root_of(-1).error(), (MathError{MathFault::out_of_range, "no real root", "x[3]"}));
}

TEST(MathResult, AnErrorTakenForAValueThrows) {
    try {
        (void)root_of(-1).value();
        FAIL() << "no exception";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        EXPECT_EQ(error.public_message(), "no real root");
        EXPECT_EQ(error.detail(), "out_of_range at x[3]");
        EXPECT_EQ(error.field(), "x[3]");
    }
}

TEST(MathResult, EveryFaultHasItsOwnName) {
    EXPECT_EQ(name_of(MathFault::not_finite), "not_finite");
    EXPECT_EQ(name_of(MathFault::disconnected), "disconnected");
    EXPECT_EQ(name_of(MathFault::not_converged), "not_converged");
}

}  // namespace
}  // namespace soma::math
