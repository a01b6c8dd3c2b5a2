#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

constexpr std::string_view kGraph =
    R"({"type":"entity","name":"Ada","entityType":"person","observations":["Latin","Tea"]}
{"type":"entity","name":"Works","entityType":"company","observations":[]}
{"type":"relation","from":"Ada","to":"Works","relationType":"works_at"}
{"type":"relation","from":"Works","to":"Ada","relationType":"depends on"}
)";

TEST(ParseMcp, AnEntityIsAMemoryOfItsObservationsAndRelations) {
    const auto list = parse_mcp("memory.jsonl", kGraph);
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].place, "memory.jsonl:1");
    EXPECT_EQ(test::field(list, 0, "text"), "Ada (person)\nLatin\nTea\nworks_at Works");
    EXPECT_EQ(test::field(list, 0, "key"), "memory.jsonl#Ada");
    EXPECT_EQ(test::field(list, 0, "kind"), "entity");
    EXPECT_EQ(test::request(list, 0).at("tags"), boost::json::parse(R"(["person"])"));
    EXPECT_EQ(test::field(list, 1, "text"), "Works (company)\ndepends on Ada");
    EXPECT_TRUE(list.skipped.empty());
}

TEST(ParseMcp, ARelationIsALink) {
    const auto list = parse_mcp("m", kGraph);
    ASSERT_EQ(list.links.size(), 2U);
    EXPECT_EQ(list.links[0].place, "m:3");
    EXPECT_EQ(list.links[0].from, 0U);
    EXPECT_EQ(list.links[0].to, 1U);
    EXPECT_EQ(list.links[0].type, "related") << "the API has no such type";
    EXPECT_EQ(list.links[1].from, 1U);
    EXPECT_EQ(list.links[1].type, "depends_on");
}

TEST(ParseMcp, LinksMeetTheFirstPieceOfALongEntity) {
    std::string observations;
    for (int i = 0; i < 400; ++i) {
        observations += (i == 0 ? "\"" : ",\"") + std::string(50, 'o') + "\"";
    }
    const auto list = parse_mcp(
        "m", R"({"type":"entity","name":"Long","observations":[)" + observations +
                 "]}\n{\"type\":\"entity\",\"name\":\"Last\"}\n"
                 R"({"type":"relation","from":"Last","to":"Long","relationType":"next"})");
    ASSERT_GT(list.items.size(), 3U);
    EXPECT_EQ(test::field(list, 1, "key"), "m#Long (2)");
    EXPECT_EQ(test::field(list, 1, "text").substr(0, 5), "Long\n");
    EXPECT_EQ(list.links.at(0).from, list.items.size() - 1);
    EXPECT_EQ(list.links.at(0).to, 0U);
    EXPECT_EQ(list.links.at(0).type, "next");
}

TEST(ParseMcp, WhatIsBrokenIsNamedWithItsField) {
    const auto list = parse_mcp("m", R"({"type":"entity","name":"Ada","observations":["x",{}]}
{"type":"entity","observations":[]}
{"type":"entity","name":"B","observations":"x"}
{"type":"relation","from":"B","to":"Nobody"}
{"type":"relation","from":"B","to":"Nobody","relationType":"knows"}
{"type":"entity","name":"B"}
{"type":"relation","from":"B","to":"B","relationType":"is"}
{"type":"tag"}
{"type":"entity","name":)");
    ASSERT_EQ(list.items.size(), 1U);
    ASSERT_EQ(list.skipped.size(), 8U);
    EXPECT_EQ(test::skipped(list, 0), "!m:1: /observations/1: must be a text");
    EXPECT_EQ(test::skipped(list, 1), "!m:2: /name: must be a text");
    EXPECT_EQ(test::skipped(list, 2), "!m:3: /observations: must be a list");
    EXPECT_EQ(test::skipped(list, 3), "!m:4: /relationType: must be a text");
    EXPECT_EQ(test::skipped(list, 4), "!m:8: /type: must be entity or relation");
    EXPECT_EQ(test::skipped(list, 5), "!m:9: not JSON: it ends too early");
    EXPECT_EQ(test::skipped(list, 6), "!m:5: no entity of the file is named \"Nobody\"");
    EXPECT_EQ(test::skipped(list, 7), "m:7: it relates an entity to itself");
}

TEST(ParseMcp, EntitiesOfOneNameHaveKeysOfTheirOwn) {
    const auto list = parse_mcp("m",
                                "{\"type\":\"entity\",\"name\":\"A\",\"entityType\":\"x\"}\n"
                                "{\"type\":\"entity\",\"name\":\"A\",\"entityType\":\"y\"}");
    EXPECT_EQ(test::field(list, 0, "key"), "m#A");
    EXPECT_EQ(test::field(list, 1, "key"), "m#A (2)");
}

}  // namespace
}  // namespace soma::domain
