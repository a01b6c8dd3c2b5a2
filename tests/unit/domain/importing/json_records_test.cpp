#include "domain/importing/json_records.h"

#include <gtest/gtest.h>

#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

struct Read {
    std::vector<std::string> places;
    ImportList list;
    std::optional<boost::json::object> around;
};

Read read(std::string_view text) {
    Read out;
    out.around = each_json_record("f", text, {"results", "memories"}, out.list,
                                  [&out](std::string place, const boost::json::object&) {
                                      out.places.push_back(std::move(place));
                                  });
    return out;
}

using Places = std::vector<std::string>;

TEST(JsonRecords, AreFoundInEveryShapeOfAFile) {
    EXPECT_EQ(read(R"([{"a":1},{"a":2}])").places, (Places{"f#/0", "f#/1"}));
    const auto document = read("{\"count\":2,\n\"results\":[{},{}]}");
    EXPECT_EQ(document.places, (Places{"f#/results/0", "f#/results/1"}));
    EXPECT_EQ(document.around->at("count"), 2);
    EXPECT_EQ(read(R"({"memories":[{}]})").places, (Places{"f#/memories/0"}));
    EXPECT_EQ(read("{\"a\":1}\n\n{\"a\":2}\r\n").places, (Places{"f:1", "f:3"}));
    EXPECT_EQ(read("{\"a\":1}").places, (Places{"f:1"}));
    EXPECT_EQ(read("\xEF\xBB\xBF[{}]").places, (Places{"f#/0"}));
}

TEST(JsonRecords, WhatIsBrokenNamesItsLine) {
    const auto lines = read("{\"a\":1}\n{\"a\":\n{\"a\":1,\"a\":2}\n{\"a\":1e400}\n7\n{\"b\":2}");
    EXPECT_EQ(lines.places, (Places{"f:1", "f:6"}));
    ASSERT_EQ(lines.list.skipped.size(), 4U);
    EXPECT_EQ(test::skipped(lines.list, 0), "!f:2: not JSON: it ends too early");
    EXPECT_EQ(test::skipped(lines.list, 1), "!f:3: \"a\" is given twice");
    EXPECT_EQ(test::skipped(lines.list, 2),
              "!f:4: a number is out of range: it must fit a 64-bit float");
    EXPECT_EQ(test::skipped(lines.list, 3), "!f:5: not a JSON object");
    // A document that is broken in the middle yields nothing, and says where.
    const auto document = read("[\n{\"a\":1},\n{\"a\":}\n]");
    EXPECT_TRUE(document.places.empty());
    EXPECT_EQ(test::skipped(document.list, 0).substr(0, 15), "!f:3: not JSON:");
    EXPECT_EQ(test::skipped(read("[{\"a\":1},\n7]").list, 0), "!f#/1: not a JSON object");
    EXPECT_EQ(test::skipped(read("7").list, 0), "!f: neither a list nor an object");
    EXPECT_EQ(test::skipped(read("{\"a\":\"\xff\"}").list, 0), "!f:1: not UTF-8");
    const std::string endless = "{}\n{\"a\":\"" + std::string(600'000, 'x') + "\"}";
    EXPECT_EQ(test::skipped(read(endless).list, 0), "!f:2: the line is over 524288 bytes");
}

TEST(JsonRecords, TheFirstTellsWhatAFileIs) {
    EXPECT_EQ(first_json_record(R"([{"a":1},{"a":2}])", {})->at("a"), 1);
    EXPECT_EQ(first_json_record(R"({"results":[{"a":3}]})", {"results"})->at("a"), 3);
    EXPECT_EQ(first_json_record("broken\n\n{\"a\":4}\n", {})->at("a"), 4);
    EXPECT_FALSE(first_json_record("", {}));
    EXPECT_FALSE(first_json_record("[]", {}));
    EXPECT_FALSE(first_json_record("[7]", {}));
}

TEST(JsonRecords, MembersAreCopiedWhenTheyAreWhatTheyShouldBe) {
    const boost::json::object record{{"text", "tea"},
                                     {"none", nullptr},
                                     {"empty", ""},
                                     {"number", 7},
                                     {"at", "2026-01-02T03:04:05+01:00"},
                                     {"fine", "2026-01-02T03:04:05.1234567Z"}};
    EXPECT_EQ(text_member(record, "text"), "tea");
    for (const auto* name : {"none", "empty", "number", "absent"}) {
        EXPECT_FALSE(text_member(record, name)) << name;
    }
    boost::json::object request;
    copy_text(record, "text", request, "said");
    copy_text(record, "number", request, "number");
    EXPECT_TRUE(copy_time(record, "at", request, "occurred_at"));
    EXPECT_FALSE(copy_time(record, "fine", request, "finer"));
    EXPECT_FALSE(copy_time(record, "text", request, "text"));
    EXPECT_EQ(request, (boost::json::object{{"said", "tea"},
                                            {"occurred_at", "2026-01-02T02:04:05.000000Z"}}));
}

}  // namespace
}  // namespace soma::domain
