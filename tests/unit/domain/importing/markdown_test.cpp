#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

TEST(ParseMarkdown, SectionsCarryTheirTrail) {
    const auto list =
        parse_markdown("g.md", "before\n# A\nunder a\n## B\nunder b\n# C\n\n## D\nunder d\n");
    ASSERT_EQ(list.items.size(), 4U);
    EXPECT_EQ(test::field(list, 0, "text"), "before");
    EXPECT_EQ(test::field(list, 1, "text"), "A\n\nunder a");
    EXPECT_EQ(test::field(list, 2, "text"), "A > B\n\nunder b");
    EXPECT_EQ(test::field(list, 2, "key"), "g.md#A > B");
    EXPECT_EQ(list.items[2].place, "g.md:5");
    EXPECT_EQ(test::field(list, 3, "text"), "C > D\n\nunder d");
    EXPECT_TRUE(list.skipped.empty()) << "the words of C are in the trail of D";
}

TEST(ParseMarkdown, HeadingsWithNothingUnderThemAreNamed) {
    const auto list = parse_markdown("g.md", "# A\n## B\n## C\n\n# D\ntext\n# E");
    ASSERT_EQ(list.items.size(), 1U);
    ASSERT_EQ(list.skipped.size(), 3U);
    EXPECT_EQ(test::skipped(list, 0), "g.md:2: nothing is written under the heading \"B\"");
    EXPECT_EQ(test::skipped(list, 1), "g.md:3: nothing is written under the heading \"C\"");
    EXPECT_EQ(test::skipped(list, 2), "g.md:7: nothing is written under the heading \"E\"");
}

TEST(ParseMarkdown, AFileThatSaysNothingIsNamed) {
    for (const auto* text : {"", "\n \n", "\xEF\xBB\xBF"}) {
        const auto list = parse_markdown("g.md", text);
        ASSERT_EQ(list.skipped.size(), 1U) << text;
        EXPECT_EQ(test::skipped(list, 0), "g.md: nothing is written in it");
    }
}

TEST(ParseMarkdown, LongHeadingsAreCutInMessagesAlone) {
    const std::string title(20'000, 't');
    const auto empty = parse_markdown("g.md", "# " + title);
    EXPECT_LT(test::skipped(empty, 0).size(), 150U);
    const auto list = parse_markdown("g.md", "# " + title + "\ntext");
    EXPECT_EQ(list.items.at(0).place, "g.md:2");
    EXPECT_EQ(test::field(list, 0, "text"), title + "\n\ntext");
    EXPECT_LE(test::field(list, 0, "key").size(), 256U);
}

TEST(ParseMarkdown, LinesMayEndInCarriageReturnsAlone) {
    const auto list = parse_markdown("g.md", "\xEF\xBB\xBF# A\runder a\r\r## B\runder b\r");
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(test::field(list, 0, "text"), "A\n\nunder a");
    EXPECT_EQ(test::field(list, 1, "text"), "A > B\n\nunder b");
}

TEST(ParseMarkdown, FencedCodeIsNoHeading) {
    const auto list = parse_markdown("g", "# A\n```sh\n# comment\n```\nafter\n");
    ASSERT_EQ(list.items.size(), 1U);
    EXPECT_NE(test::field(list, 0, "text").find("# comment"), std::string::npos);
}

TEST(ParseMarkdown, EqualHeadingsHaveDifferentKeys) {
    const auto list = parse_markdown("g", "# A\nx\n# A\ny\n");
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_NE(test::field(list, 0, "key"), test::field(list, 1, "key"));
}

TEST(ParseMarkdown, LongSectionsAreCutWithoutLosingWords) {
    std::string text = "# A\n";
    for (int i = 0; i < 3'000; ++i) {
        text += "word" + std::to_string(i) + (i % 50 == 0 ? "\n\n" : " ");
    }
    const auto list = parse_markdown("g", text);
    EXPECT_GT(list.items.size(), 1U);
    std::string all;
    for (std::size_t n = 0; n < list.items.size(); ++n) {
        const auto part = test::field(list, n, "text");
        EXPECT_LE(part.size(), 8'192U + 10);
        all += part + " ";
    }
    for (int i = 0; i < 3'000; i += 97) {
        EXPECT_NE(all.find("word" + std::to_string(i)), std::string::npos);
    }
}

TEST(ParseMarkdown, RefusesWhatIsNotText) {
    EXPECT_EQ(test::skipped(parse_markdown("g", "a\xff"), 0), "!g: not UTF-8");
    const auto utf16 = parse_markdown("g", std::string_view("\xff\xfe#\0", 4));
    EXPECT_EQ(test::skipped(utf16, 0), "!g: UTF-16: save it as UTF-8");
}

}  // namespace
}  // namespace soma::domain
