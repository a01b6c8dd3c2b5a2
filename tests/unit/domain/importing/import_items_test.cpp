#include "domain/importing/import_items.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/unicode.h"

namespace soma::domain {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        lines.emplace_back(take_line(text));
    }
    return lines;
}

TEST(ImportItems, LinesEndHoweverTheirSystemEndsThem) {
    const std::vector<std::string> three{"a", "", "b"};
    EXPECT_EQ(lines_of("a\n\nb"), three);
    EXPECT_EQ(lines_of("a\r\n\r\nb\r\n"), three);
    EXPECT_EQ(lines_of("a\r\rb\r"), three);
    EXPECT_EQ(lines_of("a\n\rb"), three);
    EXPECT_EQ(lines_of(""), std::vector<std::string>());
}

TEST(ImportItems, LineNumbersCountTheSameLines) {
    const std::string_view text = "ab\r\ncd\rx\n\ny";
    EXPECT_EQ(line_number(text, 0), 1U);
    EXPECT_EQ(line_number(text, 3), 1U) << "the end of a line belongs to it";
    EXPECT_EQ(line_number(text, 4), 2U);
    EXPECT_EQ(line_number(text, 7), 3U);
    EXPECT_EQ(line_number(text, text.size() - 1), 5U);
    EXPECT_EQ(line_number(text, 999), 5U);
    EXPECT_EQ(line_number("", 0), 1U);
}

TEST(ImportItems, PlacesKeysAndQuotes) {
    EXPECT_EQ(place_of("a.jsonl", 17), "a.jsonl:17");
    EXPECT_EQ(key_of("a.md#Title"), "a.md#Title");
    const std::string long_place(300, 'x');
    EXPECT_EQ(key_of(long_place).size(), 7U + 64U);
    EXPECT_NE(key_of(long_place), key_of(long_place + "y"));
    EXPECT_EQ(shortened("a\nb"), "a b");
    EXPECT_LE(shortened(std::string(5'000, 'h')).size(), 64U);
    EXPECT_TRUE(valid_utf8(shortened(std::string(59, 'h') + "éééé")));
    EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBFx"), "x");
    EXPECT_EQ(without_byte_order_mark("x\xEF\xBB\xBF"), "x\xEF\xBB\xBF");
}

TEST(ImportItems, PiecesLoseNoWord) {
    EXPECT_TRUE(pieces_of(" \n ").empty());
    EXPECT_EQ(pieces_of(" a \n"), std::vector<std::string_view>{"a"});
    ASSERT_TRUE(rc::check("pieces", [](const std::vector<std::uint16_t>& lengths) {
        std::string text;
        std::string letters;
        for (const auto length : lengths) {
            text += std::string(length % 9'000, 'w') + (length % 3 == 0 ? "\n\n" : "\n");
            letters += std::string(length % 9'000, 'w');
        }
        std::string kept;
        for (const auto piece : pieces_of(text)) {
            RC_ASSERT(!piece.empty() && piece.size() <= 8'192U);
            for (const char c : piece) {
                if (c == 'w') {
                    kept += c;
                }
            }
        }
        RC_ASSERT(kept == letters);
    }));
}

TEST(ImportItems, FailuresAreToldFromWhatHadNothingToSay) {
    ImportList list;
    list.add("a:1", {{"text", "x"}});
    list.skip("a:2", "empty");
    list.fail("a:3", "broken");
    EXPECT_EQ(list.items.front().request, R"({"text":"x"})");
    ASSERT_EQ(list.skipped.size(), 2U);
    EXPECT_FALSE(list.skipped[0].is_failure);
    EXPECT_TRUE(list.skipped[1].is_failure);
}

}  // namespace
}  // namespace soma::domain
