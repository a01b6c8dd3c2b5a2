#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace soma::domain {

/// A memory to be: the body of POST /v1/memories, and where it came from in words a person can
/// find.
struct ImportItem {
    std::string place;  ///< "notes.jsonl:17" or "guide.md#Start"
    boost::json::object request;
};

struct SkippedItem {
    std::string place;
    std::string reason;
};

struct ImportList {
    std::vector<ImportItem> items;
    std::vector<SkippedItem> skipped;
};

/// One JSON object a line, in the form of the API's request. Blank lines pass silently; a line that
/// is no JSON object, or over 64 KiB, is skipped with its reason. Limits of fields are the server's
/// to check. Pure.
ImportList parse_jsonl(std::string_view name, std::string_view text);

/// One memory a section: its text is the trail of headings and the section's own words; sections
/// over 8 KiB are cut at blank lines. Each has a `key` made of its place, so that importing a
/// changed file again supersedes. Headings are ATX ("## Title"), not inside fenced code. Pure.
ImportList parse_markdown(std::string_view name, std::string_view text);

}  // namespace soma::domain
