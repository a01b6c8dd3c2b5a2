#include "domain/retrieval/rescoring/figures.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using Numbers = std::vector<double>;

TEST(SharesOfGreatest, TheGreatestIsOneAndTheRestFollow) {
    EXPECT_EQ(shares_of_greatest({0.5, 0.25, 0}), (Numbers{1, 0.5, 0}));
    EXPECT_EQ(shares_of_greatest({1e-300, 5e-301}).front(), 1);
}

TEST(SharesOfGreatest, WhereNothingIsAboveZeroNothingBecomesSo) {
    EXPECT_EQ(shares_of_greatest({0, 0}), (Numbers{0, 0}));
    EXPECT_TRUE(shares_of_greatest({}).empty());
}

}  // namespace
}  // namespace soma::domain
