#include "cli/client/print.h"

#include <gtest/gtest.h>

namespace soma::cli {
namespace {

TEST(OneLine, ControlCharactersCannotSteerTheTerminal) {
    EXPECT_EQ(one_line("a\x1b[31mb\x07\x7f", 100), "a?[31mb??");
    EXPECT_EQ(one_line("c1 \xc2\x9b"
                       "2J",
                       100),
              "c1 ?2J")
        << "the one-character form of ESC [";
    EXPECT_EQ(one_line(std::string_view("nul\0", 4), 100), "nul?");
}

TEST(OneLine, LineBreaksAndTabsBecomeBlanks) {
    EXPECT_EQ(one_line("a\nb\tc", 100), "a b c");
    EXPECT_EQ(one_line("a\rb", 100), "a b") << "a return would overwrite the line";
}

TEST(OneLine, ACutIsMarkedAndFallsBetweenCharacters) {
    EXPECT_EQ(one_line("abcdef", 6), "abcdef");
    EXPECT_EQ(one_line("abcdef", 5), "abcde …");
    EXPECT_EQ(one_line("ab€", 4), "ab …");
    EXPECT_EQ(one_line("", 0), "");
}

TEST(OneLine, OtherUnicodeIsShownAsItIs) {
    EXPECT_EQ(one_line("naïve 😀 日本", 100), "naïve 😀 日本");
}

}  // namespace
}  // namespace soma::cli
