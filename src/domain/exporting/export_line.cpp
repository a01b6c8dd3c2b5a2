#include "domain/exporting/export_line.h"

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/canonical_json.h"
#include "base/time.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// What a caller gives and a record answers in the same form.
constexpr std::array<std::string_view, 13> kFields{
    "text",       "subject",  "kind",       "speaker", "session_id", "turn", "occurred_at",
    "valid_from", "valid_to", "importance", "tags",    "metadata",   "key"};

std::optional<Time> time_member(const json::object& record, std::string_view name) {
    const auto* member = record.if_contains(name);
    return member != nullptr && member->is_string() ? parse_rfc3339(member->get_string())
                                                    : std::nullopt;
}

/// Absent in all its spellings: a record may name a field that was not given.
bool is_given(const json::value& value) {
    return !(value.is_null() || (value.is_string() && value.get_string().empty()) ||
             (value.is_array() && value.get_array().empty()));
}

}  // namespace

std::string export_line(const json::object& record) {
    json::object line;
    for (const auto name : kFields) {
        const auto* member = record.if_contains(name);
        if (member != nullptr && is_given(*member)) {
            line[name] = *member;
        }
    }
    const auto from = time_member(record, "valid_from");
    const auto to = time_member(record, "valid_to");
    if (from && to && *to <= *from) {
        // A successor came before it was ever true. That range is none the API takes, and the
        // successor will come before it again.
        line.erase("valid_to");
    }
    const auto created = time_member(record, "created_at");
    const auto expires = time_member(record, "expires_at");
    if (created && expires) {
        line["ttl_seconds"] =
            std::chrono::duration_cast<std::chrono::seconds>(*expires - *created).count();
    }
    return to_canonical_json(line);
}

std::string export_line(const ExportedLink& link) {
    return to_canonical_json(json::object{
        {"link",
         {{"from", link.from}, {"to", link.to}, {"type", link.type}, {"weight", link.weight}}}});
}

}  // namespace soma::domain
