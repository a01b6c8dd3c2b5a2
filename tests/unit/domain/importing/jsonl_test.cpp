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

}  // namespace
}  // namespace soma::domain
