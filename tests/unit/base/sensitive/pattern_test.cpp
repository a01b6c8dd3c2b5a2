#include "base/sensitive/pattern.h"

#include <gtest/gtest.h>

namespace soma {
namespace {

TEST(Pattern, ReadsDigitsLettersAndBlanks) {
    std::string seen;
    EXPECT_EQ(match_pattern("AA~99~*", "xAB 12C.", 1, seen), 7U);
    EXPECT_EQ(seen, "AB12C");
    EXPECT_EQ(match_pattern("AA~99~*", "AB12 7", 0, seen), 6U);
    EXPECT_EQ(seen, "AB127");
    EXPECT_EQ(match_pattern("(999)~9", "(123) 4", 0, seen), 7U);
    EXPECT_EQ(seen, "1234");
}

TEST(Pattern, SaysWhereItBeganWhenItDoesNotMatch) {
    std::string seen;
    for (const auto* text : {"", "A", "AB", "AB1", "ab12C", "AB  12C", "AB12c", "1B12C"}) {
        EXPECT_EQ(match_pattern("AA~99~*", text, 0, seen), 0U) << text;
    }
    EXPECT_EQ(match_pattern("9-9", "x1.2", 1, seen), 1U);
    EXPECT_EQ(match_pattern("9", "1", 1, seen), 1U);
}

}  // namespace
}  // namespace soma
