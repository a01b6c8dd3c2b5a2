#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

TEST(ParseLanggraph, AnItemIsAMemory) {
    const auto list = parse_langgraph("store.json", R"({"items": [
        {"namespace": ["memories", "ada"], "key": "k1", "value": {"text": "Likes tea", "rank": 2},
         "created_at": "2026-03-01T09:00:00.123456+00:00",
         "updated_at": "2026-03-02T09:00:00.123456+00:00", "score": null}]})");
    ASSERT_EQ(list.items.size(), 1U);
    EXPECT_EQ(list.items[0].place, "store.json#/items/0");
    EXPECT_EQ(boost::json::parse(list.items[0].request), boost::json::parse(R"({
        "text": "Likes tea", "key": "langgraph:[\"memories\",\"ada\"]/k1",
        "tags": ["memories", "ada"], "occurred_at": "2026-03-01T09:00:00.123456Z",
        "metadata": {"langgraph": {"namespace": ["memories", "ada"], "key": "k1",
                     "updated_at": "2026-03-02T09:00:00.123456+00:00", "value": {"rank": 2}}}})"));
}

std::string text_of(const std::string& value) {
    const auto list =
        parse_langgraph("s", R"([{"namespace":["n"],"key":"k","value":)" + value + "}]");
    return test::field(list, 0, "text");
}

TEST(ParseLanggraph, TheTextIsFoundWhereToolsPutIt) {
    EXPECT_EQ(text_of(R"({"content":"a"})"), "a");
    EXPECT_EQ(text_of(R"({"memory":"b","text":""})"), "b");
    EXPECT_EQ(text_of(R"({"data":"c"})"), "c");
    EXPECT_EQ(text_of(R"({"kind":"Memory","content":{"content":"d"}})"), "d");
    EXPECT_EQ(text_of(R"("e")"), "e");
    EXPECT_EQ(text_of(R"({"rules":["f"],"n":1})"), R"({"rules":["f"],"n":1})");
    EXPECT_EQ(text_of("[1,2]"), "[1,2]");
}

TEST(ParseLanggraph, NothingOfTheValueIsLost) {
    const auto list = parse_langgraph(
        "s", R"([{"namespace":["n"],"key":"k","value":{"kind":"Memory","content":"a"}}])");
    EXPECT_EQ(test::request(list, 0).at("metadata").at("langgraph").at("value"),
              boost::json::parse(R"({"kind":"Memory"})"));
}

TEST(ParseLanggraph, RowsOfThePostgresStore) {
    const auto list =
        parse_langgraph("s",
                        "{\"prefix\":\"memories.ada\",\"key\":\"k\",\"value\":{\"text\":\"x\"}}\n"
                        "{\"prefix\":\"memories\",\"key\":\"k\",\"value\":{\"text\":\"y\"}}\n");
    EXPECT_EQ(test::request(list, 0).at("tags"), boost::json::parse(R"(["memories","ada"])"));
    EXPECT_EQ(test::request(list, 1).at("tags"), boost::json::parse(R"(["memories"])"));
    EXPECT_NE(test::field(list, 0, "key"), test::field(list, 1, "key"));
}

TEST(ParseLanggraph, WhatIsMissingIsNamed) {
    const auto list = parse_langgraph("s", R"([{"key":"k","value":{}},
        {"namespace":"n","key":"k","value":{}}, {"namespace":[7],"key":"k","value":{}},
        {"namespace":["n"],"value":{}}, {"namespace":["n"],"key":"k"},
        {"namespace":["n"],"key":"k","value":null}])");
    EXPECT_TRUE(list.items.empty());
    ASSERT_EQ(list.skipped.size(), 6U);
    for (std::size_t n = 0; n < 3; ++n) {
        EXPECT_EQ(test::skipped(list, n),
                  "!s#/" + std::to_string(n) + ": /namespace: must be a list of texts");
    }
    EXPECT_EQ(test::skipped(list, 3), "!s#/3: /key: must be a text");
    EXPECT_EQ(test::skipped(list, 4), "!s#/4: /value: is missing");
    EXPECT_EQ(test::skipped(list, 5), "!s#/5: /value: is missing");
}

}  // namespace
}  // namespace soma::domain
