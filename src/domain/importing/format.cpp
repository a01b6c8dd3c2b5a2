#include "domain/importing/format.h"

#include <boost/json/object.hpp>

#include "base/unicode.h"
#include "domain/importing/json_records.h"

namespace soma::domain {
namespace {

bool looks_like_json(std::string_view text) {
    const std::string_view bare = trimmed(without_byte_order_mark(text));
    return bare.starts_with('{') || bare.starts_with('[');
}

std::optional<ImportFormat> format_of(const boost::json::object& record) {
    const auto type = text_member(record, "type");
    if ((type == "entity" && record.contains("name")) ||
        (type == "relation" && record.contains("relationType"))) {
        return ImportFormat::mcp;
    }
    if (record.contains("conversation") && record.contains("sample_id")) {
        return ImportFormat::locomo;
    }
    if (record.contains("key") && record.contains("value") &&
        (record.contains("namespace") || record.contains("prefix"))) {
        return ImportFormat::langgraph;
    }
    if (record.contains("text")) {
        return ImportFormat::jsonl;
    }
    if (text_member(record, "memory")) {
        return ImportFormat::mem0;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ImportFormat> parse_import_format(std::string_view name) {
    for (const auto& [known, format] : kImportFormats) {
        if (known == name) {
            return format;
        }
    }
    return std::nullopt;
}

std::optional<ImportFormat> detect_format(std::string_view file_name, std::string_view text) {
    if (file_name.ends_with(".md") || file_name.ends_with(".markdown")) {
        return ImportFormat::markdown;
    }
    const bool is_jsonl = file_name.ends_with(".jsonl") || file_name.ends_with(".ndjson");
    if (!is_jsonl && !file_name.ends_with(".json") && !looks_like_json(text)) {
        return ImportFormat::markdown;
    }
    const auto record = first_json_record(text, {"results", "memories", "items"});
    const auto format = record ? format_of(*record) : std::nullopt;
    // A file that says it is JSONL is read as ours, so that its lines say what is wrong with them.
    return !format && is_jsonl ? ImportFormat::jsonl : format;
}

ImportList parse_import(ImportFormat format, std::string_view name, std::string_view text) {
    switch (format) {
        case ImportFormat::jsonl:
            return parse_jsonl(name, text);
        case ImportFormat::mcp:
            return parse_mcp(name, text);
        case ImportFormat::mem0:
            return parse_mem0(name, text);
        case ImportFormat::langgraph:
            return parse_langgraph(name, text);
        case ImportFormat::locomo:
            return parse_locomo(name, text);
        case ImportFormat::markdown:
            break;
    }
    return parse_markdown(name, text);
}

}  // namespace soma::domain
