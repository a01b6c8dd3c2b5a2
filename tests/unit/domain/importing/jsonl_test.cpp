#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

TEST(ParseJsonl, TakesObjectsAndNamesTheRest) {
    const auto list =
        parse_jsonl("a.jsonl", "{\"text\":\"one\"}\r\n\n[1]\nnot json\n{\"text\":\"two\"}");
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].place, "a.jsonl:1");
    EXPECT_EQ(test::field(list, 1, "text"), "two");
    ASSERT_EQ(list.skipped.size(), 2U);
    EXPECT_EQ(test::skipped(list, 0), "!a.jsonl:3: not a JSON object");
    EXPECT_EQ(test::skipped(list, 1).substr(0, 22), "!a.jsonl:4: not JSON: ");
}

TEST(ParseJsonl, ALineKeepsItsOwnSpelling) {
    // Read and printed again, these numbers would be others.
    const std::string line = R"({"text":"x", "metadata":{"n":12345678901234567890123, "f":1.10}})";
    EXPECT_EQ(parse_jsonl("a", line + "\n").items.at(0).request, line);
}

TEST(ParseJsonl, ANameGivenTwiceAndANumberOutOfRangeAreFailures) {
    const auto list = parse_jsonl("a", "{\"text\":\"x\",\"text\":\"y\"}\n{\"importance\":1e400}");
    EXPECT_TRUE(list.items.empty());
    EXPECT_EQ(test::skipped(list, 0), "!a:1: \"text\" is given twice");
    EXPECT_EQ(test::skipped(list, 1), "!a:2: a number is out of range: it must fit a 64-bit float");
}

TEST(ParseJsonl, AByteOrderMarkAndOldLineEndsAreNoObstacle) {
    const auto list = parse_jsonl("a", "\xEF\xBB\xBF{\"text\":\"one\"}\r{\"text\":\"two\"}\r");
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[1].place, "a:2");
    EXPECT_TRUE(list.skipped.empty());
}

TEST(ParseJsonl, ALinkNamesTheLinesOfItsMemories) {
    const auto list =
        parse_jsonl("a",
                    "{\"link\":{\"from\":4,\"to\":3,\"type\":\"causes\"}}\n\n"
                    "{\"text\":\"one\"}\n{\"text\":\"two\"}\n"
                    "{\"link\":{\"from\":3,\"to\":4,\"type\":\"next\",\"weight\":0.25}}");
    ASSERT_EQ(list.items.size(), 2U);
    ASSERT_EQ(list.links.size(), 2U);
    EXPECT_EQ(list.links[0].place, "a:1");
    EXPECT_EQ(list.links[0].from, 1U);
    EXPECT_EQ(list.links[0].to, 0U);
    EXPECT_EQ(list.links[0].type, "causes");
    EXPECT_FALSE(list.links[0].weight);
    EXPECT_EQ(list.links[1].from, 0U);
    EXPECT_EQ(list.links[1].to, 1U);
    EXPECT_EQ(list.links[1].weight, 0.25);
    EXPECT_TRUE(list.skipped.empty());
}

TEST(ParseJsonl, BrokenLinksAreFailures) {
    const std::string memory = "{\"text\":\"one\"}\n";
    for (const auto& [link, reason] : std::vector<std::pair<std::string, std::string>>{
             {"7", "/link: must name the lines of its memories by from and to"},
             {"{\"from\":0,\"to\":1}", "/link: must name the lines of its memories by from and to"},
             {"{\"from\":1,\"to\":1}", "/link/type: must be a text"},
             {"{\"from\":1,\"to\":1,\"type\":\"next\",\"weight\":\"1\"}",
              "/link/weight: must be a number"},
             {"{\"from\":1,\"to\":2,\"type\":\"next\"}", "/link/to: line 2 is no memory"}}) {
        const auto list = parse_jsonl("a", memory + "{\"link\":" + link + "}\n");
        EXPECT_EQ(list.items.size(), 1U);
        EXPECT_TRUE(list.links.empty());
        ASSERT_EQ(list.skipped.size(), 1U) << link;
        EXPECT_EQ(test::skipped(list, 0), "!a:2: " + reason);
    }
}

}  // namespace
}  // namespace soma::domain
