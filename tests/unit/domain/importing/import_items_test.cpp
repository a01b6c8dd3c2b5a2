#include "domain/importing/import_items.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace soma::domain {
namespace {

TEST(ParseJsonl, TakesObjectsAndNamesTheRest) {
    const auto list =
        parse_jsonl("a.jsonl", "{\"text\":\"one\"}\r\n\n[1]\nnot json\n{\"text\":\"two\"}");
    ASSERT_EQ(list.items.size(), 2u);
    EXPECT_EQ(list.items[0].place, "a.jsonl:1");
    EXPECT_EQ(list.items[1].request.at("text").as_string(), "two");
    ASSERT_EQ(list.skipped.size(), 2u);
    EXPECT_EQ(list.skipped[0].place, "a.jsonl:3");
    EXPECT_EQ(list.skipped[0].reason, "not a JSON object");
    EXPECT_EQ(list.skipped[1].place, "a.jsonl:4");
}

TEST(ParseJsonl, RefusesEndlessLines) {
    const auto list = parse_jsonl("a", "{\"text\":\"" + std::string(70'000, 'x') + "\"}");
    EXPECT_TRUE(list.items.empty());
    EXPECT_EQ(list.skipped.size(), 1u);
}

TEST(ParseMarkdown, SectionsCarryTheirTrail) {
    const auto list =
        parse_markdown("g.md", "before\n# A\nunder a\n## B\nunder b\n# C\n\n## D\nunder d\n");
    ASSERT_EQ(list.items.size(), 4u);
    EXPECT_EQ(list.items[0].request.at("text").as_string(), "before");
    EXPECT_EQ(list.items[1].request.at("text").as_string(), "A\n\nunder a");
    EXPECT_EQ(list.items[2].request.at("text").as_string(), "A > B\n\nunder b");
    EXPECT_EQ(list.items[2].request.at("key").as_string(), "g.md#A > B");
    EXPECT_EQ(list.items[3].request.at("text").as_string(), "C > D\n\nunder d");
    ASSERT_EQ(list.skipped.size(), 1u);
    EXPECT_EQ(list.skipped[0].place, "g.md#C");
}

TEST(ParseMarkdown, FencedCodeIsNoHeading) {
    const auto list = parse_markdown("g", "# A\n```sh\n# comment\n```\nafter\n");
    ASSERT_EQ(list.items.size(), 1u);
    EXPECT_NE(list.items[0].request.at("text").as_string().find("# comment"), std::string::npos);
}

TEST(ParseMarkdown, EqualHeadingsHaveDifferentKeys) {
    const auto list = parse_markdown("g", "# A\nx\n# A\ny\n");
    ASSERT_EQ(list.items.size(), 2u);
    EXPECT_NE(list.items[0].request.at("key"), list.items[1].request.at("key"));
}

TEST(ParseMarkdown, LongSectionsAreCutWithoutLosingWords) {
    std::string text = "# A\n";
    for (int i = 0; i < 3'000; ++i) {
        text += "word" + std::to_string(i) + (i % 50 == 0 ? "\n\n" : " ");
    }
    const auto list = parse_markdown("g", text);
    EXPECT_GT(list.items.size(), 1u);
    std::string all;
    for (const auto& item : list.items) {
        const auto& part = item.request.at("text").as_string();
        EXPECT_LE(part.size(), 8'192u + 10);
        all += std::string(part) + " ";
    }
    for (int i = 0; i < 3'000; i += 97) {
        EXPECT_NE(all.find("word" + std::to_string(i)), std::string::npos);
    }
}

TEST(ParseMarkdown, RefusesWhatIsNotText) {
    EXPECT_EQ(parse_markdown("g", "\xff\xfe").skipped.size(), 1u);
}

TEST(ParseMarkdown, AnyTextIsReadToTheEnd) {
    ASSERT_TRUE(rc::check([](const std::string& text) {
        parse_markdown("g", text);
        parse_jsonl("g", text);
    }));
}

}  // namespace
}  // namespace soma::domain
