#include "domain/importing/json_records.h"

#include <boost/json/array.hpp>
#include <utility>
#include <variant>

#include "base/json/strict_json.h"
#include "base/time.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLineBytes = 524'288;
/// The API allows 32 levels, two of which are the batch around the item.
constexpr std::size_t kMaxDepth = 30;
/// A file is told by its first lines; one that begins with as many broken ones is none of ours.
constexpr std::size_t kMaxProbedLines = 16;

/// The list inside a document, and how its elements are reached; null when there is none.
json::array* list_in(json::value& document, std::initializer_list<std::string_view> containers,
                     std::string& pointer) {
    if (document.is_array()) {
        return &document.get_array();
    }
    if (document.is_object()) {
        for (const auto name : containers) {
            auto* member = document.get_object().if_contains(name);
            if (member != nullptr && member->is_array()) {
                pointer += "/" + std::string(name);
                return &member->get_array();
            }
        }
    }
    return nullptr;
}

std::optional<json::object> object_of(std::string_view line) {
    auto value = parse_strict_json(line, kMaxDepth);
    if (value && value->is_object()) {
        return std::move(value->get_object());
    }
    return std::nullopt;
}

/// The first of a file's first lines that is an object by itself.
std::optional<json::object> first_object_line(std::string_view text) {
    std::size_t probed = 0;
    while (!text.empty() && probed < kMaxProbedLines) {
        const std::string_view line = trimmed(take_line(text));
        if (line.empty()) {
            continue;
        }
        ++probed;
        if (auto object = object_of(line)) {
            return object;
        }
    }
    return std::nullopt;
}

}  // namespace

void each_json_line(std::string_view name, std::string_view text, ImportList& list,
                    const std::function<void(std::string place, const json::object& record,
                                             std::string_view line)>& visit) {
    text = without_byte_order_mark(text);
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = trimmed(take_line(text));
        std::string place = place_of(name, number);
        if (line.empty()) {
            continue;
        }
        if (line.size() > kMaxLineBytes) {
            list.fail(std::move(place),
                      "the line is over " + std::to_string(kMaxLineBytes) + " bytes");
            continue;
        }
        const auto read = read_strict_json(line, kMaxDepth);
        if (const auto* trouble = std::get_if<JsonTrouble>(&read)) {
            list.fail(std::move(place), trouble->reason);
        } else if (const auto& value = std::get<json::value>(read); !value.is_object()) {
            list.fail(std::move(place), "not a JSON object");
        } else {
            visit(std::move(place), value.get_object(), line);
        }
    }
}

std::optional<json::object> each_json_record(std::string_view name, std::string_view text,
                                             std::initializer_list<std::string_view> containers,
                                             ImportList& list, const VisitRecord& visit) {
    text = without_byte_order_mark(text);
    auto read = read_strict_json(text, kMaxDepth);
    if (const auto* trouble = std::get_if<JsonTrouble>(&read)) {
        if (first_object_line(text)) {
            each_json_line(name, text, list,
                           [&visit](std::string place, const json::object& record,
                                    std::string_view) { visit(std::move(place), record); });
        } else {
            list.fail(place_of(name, line_number(text, trouble->at)), trouble->reason);
        }
        return std::nullopt;
    }
    auto& document = std::get<json::value>(read);
    std::string pointer = std::string(name) + "#";
    auto* elements = list_in(document, containers, pointer);
    if (elements == nullptr) {
        if (document.is_object()) {
            visit(place_of(name, 1), document.get_object());
        } else {
            list.fail(std::string(name), "neither a list nor an object");
        }
        return std::nullopt;
    }
    for (std::size_t i = 0; i < elements->size(); ++i) {
        std::string place = pointer + "/" + std::to_string(i);
        const auto& element = (*elements)[i];
        if (element.is_object()) {
            visit(std::move(place), element.get_object());
        } else {
            list.fail(std::move(place), "not a JSON object");
        }
    }
    if (document.is_object()) {
        return std::move(document.get_object());
    }
    return std::nullopt;
}

std::optional<json::object> first_json_record(std::string_view text,
                                              std::initializer_list<std::string_view> containers) {
    text = without_byte_order_mark(text);
    auto document = parse_strict_json(text, kMaxDepth);
    if (!document) {
        return first_object_line(text);
    }
    std::string pointer;
    if (auto* elements = list_in(*document, containers, pointer)) {
        if (!elements->empty() && elements->front().is_object()) {
            return std::move(elements->front().get_object());
        }
        return std::nullopt;
    }
    return document->is_object() ? std::optional(std::move(document->get_object())) : std::nullopt;
}

std::optional<std::string_view> text_member(const json::object& record, std::string_view name) {
    const auto* member = record.if_contains(name);
    if (member == nullptr || !member->is_string() || member->get_string().empty()) {
        return std::nullopt;
    }
    return std::string_view(member->get_string());
}

void copy_text(const json::object& record, std::string_view name, json::object& request,
               std::string_view as) {
    if (const auto text = text_member(record, name)) {
        request[as] = *text;
    }
}

bool copy_time(const json::object& record, std::string_view name, json::object& request,
               std::string_view as) {
    const auto text = text_member(record, name);
    const auto time = text ? parse_rfc3339(*text) : std::nullopt;
    if (time) {
        request[as] = format_rfc3339(*time);
    }
    return time.has_value();
}

}  // namespace soma::domain
