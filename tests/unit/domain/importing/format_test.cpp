#include "domain/importing/format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json/strict_json.h"
#include "base/unicode.h"
#include "unit/domain/importing/importing.h"

namespace soma::domain {
namespace {

TEST(ImportFormat, NamesAreExact) {
    for (const auto& [name, format] : kImportFormats) {
        EXPECT_EQ(parse_import_format(name), format);
    }
    for (const auto* name : {"", "auto", "JSONL", "mem0 "}) {
        EXPECT_FALSE(parse_import_format(name)) << name;
    }
}

TEST(ImportFormat, IsToldByEndingAndFirstRecord) {
    using enum ImportFormat;
    EXPECT_EQ(detect_format("a.md", "{\"text\":1}"), markdown);
    EXPECT_EQ(detect_format("a.txt", "Just words."), markdown);
    EXPECT_EQ(detect_format("a.jsonl", "{\"text\":\"x\"}\n"), jsonl);
    EXPECT_EQ(detect_format("a.jsonl", "\xEF\xBB\xBF{\"text\":\"x\",\"memory\":\"y\"}\n"), jsonl);
    EXPECT_EQ(detect_format("a.jsonl", ""), jsonl);
    EXPECT_EQ(detect_format("a.jsonl", "{\"txt\":\"x\"}\n"), jsonl);
    EXPECT_EQ(detect_format("memory.json", R"({"type":"entity","name":"A","observations":[]})"),
              mcp);
    EXPECT_EQ(
        detect_format("memory.jsonl",
                      "broken\n{\"type\":\"relation\",\"from\":\"a\",\"relationType\":\"r\"}"),
        mcp);
    EXPECT_EQ(detect_format("a.json", R"({"results":[{"memory":"x","id":"1"}]})"), mem0);
    EXPECT_EQ(detect_format("a", R"([{"memory":"x"}])"), mem0);
    EXPECT_EQ(detect_format("a.json", R"({"items":[{"namespace":[],"key":"k","value":{}}]})"),
              langgraph);
    EXPECT_EQ(detect_format("a.json", R"([{"sample_id":"c","conversation":{}}])"), locomo);
    EXPECT_FALSE(detect_format("package.json", R"({"name":"x","version":"1"})"));
    EXPECT_FALSE(detect_format("a.json", "[1,2"));
}

TEST(ImportFormat, AnyBytesAreReadToTheEnd) {
    for (const auto& [name, format] : kImportFormats) {
        ASSERT_TRUE(rc::check(std::string(name), [format = format](const std::string& bytes) {
            for (const auto& text : {bytes, "{\"text\":" + bytes, "[" + bytes}) {
                const auto list = parse_import(format, "f", text);
                for (const auto& item : list.items) {
                    RC_ASSERT(valid_utf8(item.place));
                    RC_ASSERT(parse_strict_json(item.request).has_value());
                }
                detect_format("f.json", text);
            }
        }));
    }
}

}  // namespace
}  // namespace soma::domain
