#include <boost/json/array.hpp>

#include "domain/importing/format.h"
#include "domain/importing/json_records.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// Whether a member became a field of the memory; what is left is kept as metadata.
bool is_spoken_for(std::string_view name, const json::value& value, const json::object& request) {
    if (name == "metadata") {
        return value.is_object();
    }
    if (name == "created_at") {
        return request.contains("occurred_at");
    }
    if (name == "categories") {
        return request.contains("tags");
    }
    return name == "memory" || name == "score" || value.is_null();
}

/// The record's own metadata, and under "mem0" whatever has no field here.
json::object metadata_of(const json::object& record, const json::object& request) {
    json::object metadata;
    if (const auto* own = record.if_contains("metadata"); own != nullptr && own->is_object()) {
        metadata = own->get_object();
    }
    json::object rest;
    for (const auto& member : record) {
        if (!is_spoken_for(member.key(), member.value(), request)) {
            rest[member.key()] = member.value();
        }
    }
    if (!rest.empty()) {
        metadata["mem0"] = std::move(rest);
    }
    return metadata;
}

json::object request_of(std::string_view memory, const json::object& record) {
    json::object request;
    request["text"] = memory;
    copy_text(record, "user_id", request, "subject");
    copy_text(record, "run_id", request, "session_id");
    copy_text(record, "actor_id", request, "speaker");
    copy_time(record, "created_at", request, "occurred_at");
    if (const auto id = text_member(record, "id")) {
        request["key"] = key_of("mem0:" + std::string(*id));
    }
    const auto* categories = record.if_contains("categories");
    if (categories != nullptr && categories->is_array() && !categories->get_array().empty()) {
        request["tags"] = *categories;
    }
    request["metadata"] = metadata_of(record, request);
    return request;
}

}  // namespace

ImportList parse_mem0(std::string_view name, std::string_view text) {
    ImportList list;
    const auto around =
        each_json_record(name, text, {"results", "memories"}, list,
                         [&list](std::string place, const json::object& record) {
                             const auto memory = text_member(record, "memory");
                             if (memory) {
                                 list.add(std::move(place), request_of(*memory, record));
                             } else {
                                 list.fail(std::move(place), "/memory: must be a text");
                             }
                         });
    const auto* relations = around ? around->if_contains("relations") : nullptr;
    if (relations != nullptr && relations->is_array() && !relations->get_array().empty()) {
        list.skip(std::string(name) + "#/relations",
                  std::to_string(relations->get_array().size()) +
                      " relations: they join names, not memories");
    }
    return list;
}

}  // namespace soma::domain
