#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

constexpr std::string_view kExport = R"({
  "results": [
    {"id": "6f1c", "memory": "Likes tea", "hash": "ab12", "user_id": "ada", "run_id": "r1",
     "agent_id": null, "actor_id": "Ada", "categories": ["food", "drink"], "score": 0.4,
     "metadata": {"source": "chat"},
     "created_at": "2026-03-01T09:00:00.123456-07:00", "updated_at": null},
    {"id": "6f1d", "memory": "Naive time", "metadata": null, "created_at": "2026-03-01T09:00:00"}
  ],
  "relations": [{"source": "ada", "relationship": "likes", "target": "tea"}]
})";

TEST(ParseMem0, ARecordIsAMemory) {
    const auto list = parse_mem0("mem0.json", kExport);
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].place, "mem0.json#/results/0");
    EXPECT_EQ(boost::json::parse(list.items[0].request), boost::json::parse(R"({
        "text": "Likes tea", "subject": "ada", "session_id": "r1", "speaker": "Ada",
        "occurred_at": "2026-03-01T16:00:00.123456Z", "key": "mem0:6f1c",
        "tags": ["food", "drink"],
        "metadata": {"source": "chat", "mem0": {"id": "6f1c", "hash": "ab12", "user_id": "ada",
                     "run_id": "r1", "actor_id": "Ada"}}})"));
}

TEST(ParseMem0, ATimeThatNamesNoZoneIsKeptAsWritten) {
    const auto list = parse_mem0("m", kExport);
    EXPECT_EQ(test::field(list, 1, "occurred_at"), "");
    EXPECT_EQ(test::request(list, 1).at("metadata").at("mem0").at("created_at"),
              "2026-03-01T09:00:00");
}

TEST(ParseMem0, RelationsAreSaidToBeLeftOut) {
    const auto list = parse_mem0("m", kExport);
    ASSERT_EQ(list.skipped.size(), 1U);
    EXPECT_EQ(test::skipped(list, 0), "m#/relations: 1 relations: they join names, not memories");
}

TEST(ParseMem0, TheOtherShapesOfAnExport) {
    EXPECT_EQ(parse_mem0("m", R"([{"memory":"a"},{"memory":"b"}])").items.size(), 2U);
    EXPECT_EQ(parse_mem0("m", R"({"memories":[{"memory":"a"}]})").items.size(), 1U);
    EXPECT_EQ(parse_mem0("m", "{\"memory\":\"a\"}\n{\"memory\":\"b\"}\n").items.size(), 2U);
    EXPECT_EQ(test::field(parse_mem0("m", R"([{"memory":"a"}])"), 0, "key"), "");
}

TEST(ParseMem0, ARecordWithoutItsTextFails) {
    const auto list = parse_mem0("m", R"([{"id":"1"},{"memory":""},{"memory":7}])");
    EXPECT_TRUE(list.items.empty());
    ASSERT_EQ(list.skipped.size(), 3U);
    EXPECT_EQ(test::skipped(list, 0), "!m#/0: /memory: must be a text");
}

}  // namespace
}  // namespace soma::domain
