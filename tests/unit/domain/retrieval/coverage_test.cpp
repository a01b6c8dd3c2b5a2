#include "domain/retrieval/coverage.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

TEST(Coverage, AddsWhoIsAskedAboutAndEndsAtOne) {
    EXPECT_EQ(covered(0, false), 0);
    EXPECT_EQ(covered(0.25, false), 0.25);
    EXPECT_EQ(covered(0.25, true), 0.45);
    EXPECT_EQ(covered(0.9, true), 1);
    EXPECT_EQ(covered(1, false), 1);
}

TEST(Coverage, NeitherHalfOfAMatchNorTheSpeakerAloneIsKnowledge) {
    EXPECT_LT(covered(0, true), kKnownFrom);
    EXPECT_LT(covered(0.5 * 0.75, false), kKnownFrom);
    EXPECT_GE(covered(0.5, false), kKnownFrom) << "one view that matches in full";
}

}  // namespace
}  // namespace soma::domain
