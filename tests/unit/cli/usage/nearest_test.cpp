#include "cli/usage/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace soma::cli {
namespace {

const std::vector<std::string> kNames{"serve",    "remember", "recall",
                                      "evaluate", "import",   "export"};

TEST(Nearest, FindsWhatWasMeant) {
    EXPECT_EQ(nearest("recal", kNames), "recall");
    EXPECT_EQ(nearest("recalll", kNames), "recall");
    EXPECT_EQ(nearest("reacll", kNames), "recall") << "a swap is one mistake";
    EXPECT_EQ(nearest("remembre", kNames), "remember");
    EXPECT_EQ(nearest("imprt", kNames), "import");
    EXPECT_EQ(nearest("xport", kNames), "export");
    EXPECT_EQ(nearest("evalute", kNames), "evaluate");
}

TEST(Nearest, DoesNotGuessWildly) {
    EXPECT_EQ(nearest("forget", kNames), std::nullopt);
    EXPECT_EQ(nearest("", kNames), std::nullopt);
    EXPECT_EQ(nearest("x", kNames), std::nullopt);
    EXPECT_EQ(nearest(std::string(10'000, 'r'), kNames), std::nullopt);
    EXPECT_EQ(nearest("recall", {}), std::nullopt);
}

}  // namespace
}  // namespace soma::cli
