#include "domain/retrieval/coverage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

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

ViewValues values(double dense, double lexical) {
    ViewValues out;
    out[View::dense] = dense;
    out[View::lexical] = lexical;
    return out;
}

TEST(Coverage, FeaturesOfAKnownAnswer) {
    const std::vector<ViewValues> found = {values(0.5, 0.25), values(0.25, 0.75), values(0, 0.5)};
    EXPECT_EQ(coverage_features(0.625, found), (CoverageFeatures{1, 0.625, 0.75, 0.125}));
    EXPECT_EQ(coverage_features(0, {}), (CoverageFeatures{1})) << "nothing was found";
}

TEST(Coverage, FeaturesAskNotInWhichOrderItWasFound) {
    const std::vector<ViewValues> found = {values(0.5, 0.25), values(0.25, 0.75), values(0, 0.5)};
    const std::vector<ViewValues> turned(found.rbegin(), found.rend());
    EXPECT_EQ(coverage_features(0.5, turned), coverage_features(0.5, found));
    for (const double feature : coverage_features(1, found)) {
        EXPECT_LE(std::fabs(feature), 1);
    }
}

}  // namespace
}  // namespace soma::domain
