#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "domain/importing/format.h"
#include "domain/importing/json_records.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// The namespace's parts: a list, or as the Postgres store has it in `prefix`, joined by dots.
std::optional<json::array> namespace_of(const json::object& record) {
    if (const auto* parts = record.if_contains("namespace")) {
        if (!parts->is_array()) {
            return std::nullopt;
        }
        for (const auto& part : parts->get_array()) {
            if (!part.is_string()) {
                return std::nullopt;
            }
        }
        return parts->get_array();
    }
    const auto prefix = text_member(record, "prefix");
    if (!prefix) {
        return std::nullopt;
    }
    json::array parts;
    for (std::string_view rest = *prefix;;) {
        const std::size_t dot = rest.find('.');
        parts.emplace_back(rest.substr(0, dot));
        if (dot == std::string_view::npos) {
            return parts;
        }
        rest.remove_prefix(dot + 1);
    }
}

/// What the value says in words, taken out of it; the whole value as JSON when it has none. Memory
/// tools nest their text: {"kind": "Memory", "content": {"content": "…"}}.
std::string take_text(json::value& value) {
    if (value.is_string()) {
        std::string text(value.get_string());
        value = nullptr;
        return text;
    }
    if (value.is_object()) {
        auto& object = value.get_object();
        for (const auto* name : {"text", "content", "memory", "data"}) {
            auto* member = object.if_contains(name);
            if (member != nullptr && member->is_object() && member->get_object().size() == 1) {
                member = member->get_object().if_contains(name);
            }
            if (member != nullptr && member->is_string() && !member->get_string().empty()) {
                std::string text(member->get_string());
                object.erase(name);
                return text;
            }
        }
    }
    std::string text = json::serialize(value);
    value = nullptr;
    return text;
}

bool is_empty(const json::value& value) {
    return value.is_null() || (value.is_object() && value.get_object().empty());
}

json::object request_of(const json::array& space, std::string_view key, json::object record) {
    json::object request;
    json::value value = std::move(record["value"]);
    request["text"] = take_text(value);
    request["key"] = key_of("langgraph:" + json::serialize(space) + "/" + std::string(key));
    request["tags"] = space;
    json::object kept{{"namespace", space}, {"key", key}};
    if (!copy_time(record, "created_at", request, "occurred_at")) {
        copy_text(record, "created_at", kept, "created_at");
    }
    copy_text(record, "updated_at", kept, "updated_at");
    if (!is_empty(value)) {
        kept["value"] = std::move(value);
    }
    request["metadata"] = {{"langgraph", std::move(kept)}};
    return request;
}

}  // namespace

ImportList parse_langgraph(std::string_view name, std::string_view text) {
    ImportList list;
    each_json_record(name, text, {"items"}, list,
                     [&list](std::string place, const json::object& record) {
                         const auto space = namespace_of(record);
                         const auto key = text_member(record, "key");
                         if (!space) {
                             list.fail(std::move(place), "/namespace: must be a list of texts");
                         } else if (!key) {
                             list.fail(std::move(place), "/key: must be a text");
                         } else if (!record.contains("value") || record.at("value").is_null()) {
                             list.fail(std::move(place), "/value: is missing");
                         } else {
                             list.add(std::move(place), request_of(*space, *key, record));
                         }
                     });
    return list;
}

}  // namespace soma::domain
