#include "domain/ledger/merkle/stream_check.h"

#include <boost/json/object.hpp>

#include "base/json/strict_json.h"

namespace soma::domain {
namespace {

constexpr std::uint64_t kNone = 0;

/// "" when it is no text.
std::string text_of(const boost::json::object& event, std::string_view name) {
    const auto* value = event.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::uint64_t sequence_of(const boost::json::object& event) {
    const auto* value = event.if_contains("stream_sequence");
    return value != nullptr && value->is_int64() && value->get_int64() > 0
               ? static_cast<std::uint64_t>(value->get_int64())
               : kNone;
}

}  // namespace

std::string StreamCheck::next(std::string_view body) {
    const auto value = parse_strict_json(body);
    const auto* event = value ? value->if_object() : nullptr;
    const std::string stream = event == nullptr ? "" : text_of(*event, "stream");
    const std::uint64_t sequence = event == nullptr ? kNone : sequence_of(*event);
    if (stream.empty() || sequence == kNone) {
        return "its entry is no event";
    }
    const std::string tenant = text_of(*event, "tenant");
    const auto [last, is_new] =
        last_.try_emplace(tenant.empty() ? stream : stream + " of " + tenant, sequence);
    if (!is_new && sequence != last->second + 1) {
        return "stream_sequence " + std::to_string(sequence) + " follows " +
               std::to_string(last->second) + " in " + last->first;
    }
    last->second = sequence;
    return "";
}

}  // namespace soma::domain
