#include "domain/exporting/export_line.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "domain/importing/format.h"

namespace soma::domain {
namespace {

std::string line(std::string_view record) {
    return export_line(boost::json::parse(record).as_object());
}

constexpr std::string_view kFull = R"({
    "id": "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000", "text": "Ada\nlikes \u00e9 tea", "subject": "ada",
    "kind": "fact", "speaker": "Ada", "session_id": "s", "turn": 0,
    "occurred_at": "2026-01-01T00:00:00.000000Z", "valid_from": "2026-01-01T00:00:00.000000Z",
    "valid_to": "2026-02-01T00:00:00.000000Z", "expires_at": "2026-03-01T00:00:30.000001Z",
    "importance": 0.1, "tags": ["b", "a"], "metadata": {"z": 1, "a": [1.5, null]}, "key": "k",
    "superseded_by": "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001", "sequence": 7,
    "created_at": "2026-03-01T00:00:00.000001Z"})";

TEST(ExportLine, HoldsWhatTheCallerGaveInCanonicalForm) {
    EXPECT_EQ(line(kFull),
              R"({"importance":0.1,"key":"k","kind":"fact","metadata":{"a":[1.5,null],"z":1},)"
              R"("occurred_at":"2026-01-01T00:00:00.000000Z","session_id":"s","speaker":"Ada",)"
              R"("subject":"ada","tags":["b","a"],"text":"Ada\nlikes é tea","ttl_seconds":30,)"
              R"("turn":0,"valid_from":"2026-01-01T00:00:00.000000Z",)"
              R"("valid_to":"2026-02-01T00:00:00.000000Z"})");
}

TEST(ExportLine, NothingOfTheServicesOwn) {
    auto other = boost::json::parse(kFull).as_object();
    other["id"] = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0009";
    other["sequence"] = 12;
    other["superseded_by"] = nullptr;
    other["created_at"] = "2027-01-01T00:00:00.000000Z";
    other["expires_at"] = "2027-01-01T00:00:30.000000Z";
    EXPECT_EQ(export_line(other), line(kFull));
}

TEST(ExportLine, WhatWasNotGivenIsNotThere) {
    EXPECT_EQ(line(R"({"id":"x","text":"t","subject":"","tags":[],"metadata":null,"key":"",
                       "sequence":1,"created_at":"2026-01-01T00:00:00Z"})"),
              R"({"text":"t"})");
    EXPECT_EQ(line(R"({"text":"t","metadata":{},"importance":0})"),
              R"({"importance":0,"metadata":{},"text":"t"})");
}

TEST(ExportLine, AFactThatNeverCameTrueHasNoEnd) {
    EXPECT_EQ(line(R"({"text":"t","valid_from":"2027-01-01T00:00:00Z",
                       "valid_to":"2026-01-01T00:00:00Z"})"),
              R"({"text":"t","valid_from":"2027-01-01T00:00:00Z"})");
}

TEST(ExportLine, IsOneLineThatImportTakesAsItIs) {
    const std::string text = line(kFull);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto list = parse_import(*detect_format("export.jsonl", text), "f", text + "\n");
    ASSERT_EQ(list.items.size(), 1U);
    EXPECT_EQ(list.items[0].request, text);
}

TEST(ExportLine, ALinkNamesLines) {
    EXPECT_EQ(export_line(ExportedLink{1, 12, "part_of", 0.5}),
              R"({"link":{"from":1,"to":12,"type":"part_of","weight":0.5}})");
    EXPECT_LT((ExportedLink{1, 12, "a", 1}), (ExportedLink{2, 1, "a", 1}));
    EXPECT_LT((ExportedLink{1, 2, "b", 1}), (ExportedLink{1, 12, "a", 1}));
}

}  // namespace
}  // namespace soma::domain
