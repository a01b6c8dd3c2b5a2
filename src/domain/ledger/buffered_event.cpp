#include "domain/ledger/buffered_event.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/error.h"
#include "base/json/strict_json.h"

namespace soma::domain {
namespace {

constexpr int kVersion = 1;
constexpr int kMaxStatus = 599;
/// Of `details`, the one member that nests.
constexpr std::size_t kMaxDepth = 8;

/// Reads members of the kinds that events have. What it cannot read it leaves empty: the bytes that
/// come of it then differ from those that were read.
class Members {
  public:
    explicit Members(const boost::json::object& of) : of_(of) {}

    std::string text(std::string_view name) const {
        const auto* value = of_.if_contains(name);
        return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                      : std::string();
    }
    std::optional<std::uint64_t> number(std::string_view name) const {
        const auto* value = of_.if_contains(name);
        return value != nullptr && value->is_int64() && value->get_int64() >= 0
                   ? std::optional(static_cast<std::uint64_t>(value->get_int64()))
                   : std::nullopt;
    }
    std::vector<Uuid> ids(std::string_view name) const {
        std::vector<Uuid> out;
        const auto* value = of_.if_contains(name);
        if (value != nullptr && value->is_array()) {
            for (const auto& item : value->get_array()) {
                const auto* id = item.if_string();
                out.push_back(
                    Uuid::parse(id != nullptr ? std::string_view(*id) : "").value_or(Uuid{}));
            }
        }
        return out;
    }

  private:
    const boost::json::object& of_;
};

/// PostgreSQL's texts hold no U+0000.
bool has_nul(const EventDraft& event) {
    for (const auto* text : {&event.actor, &event.action, &event.telemetry_ref}) {
        if (text->find('\0') != std::string::npos) {
            return true;
        }
    }
    return false;
}

EventDraft read_event(const boost::json::object& object) {
    const Members members(object);
    EventDraft event;
    event.id = Uuid::parse(members.text("id")).value_or(Uuid{});
    event.tenant = Uuid::parse(members.text("tenant"));
    event.actor = members.text("actor");
    event.action = members.text("action");
    event.request_id = members.text("request_id");
    event.trace_id = members.text("trace_id");
    event.telemetry_ref = members.text("telemetry_ref");
    event.decision = members.text("decision");
    event.status = static_cast<int>(
        std::min<std::uint64_t>(members.number("status").value_or(kMaxStatus + 1), kMaxStatus + 1));
    if (object.contains("article")) {
        event.article = members.text("article");
    }
    event.constitution_version = members.number("constitution_version");
    event.constitution_hash = members.text("constitution_hash");
    event.request_digest = members.text("request_digest");
    event.answer_digest = members.text("answer_digest");
    event.targets = members.ids("targets");
    event.supersedes = members.ids("supersedes");
    if (const auto* details = object.if_contains("details");
        details != nullptr && details->is_object()) {
        event.details = details->get_object();
    }
    event.buffered = true;
    return event;
}

/// Events have one form, so whatever was not understood when they were read shows here.
bool is_written_as(const BufferedEvent& read, std::string_view bytes) {
    try {
        return event_body(read.event, 0, read.time) == bytes;
    } catch (const Error&) {
        return false;  // its numbers, spelt as JSON has them, are longer than they were
    }
}

}  // namespace

std::string encode_buffered(EventDraft event, Time time) {
    SOMA_ASSERT(event.tenant.has_value(), "the buffer holds tenants' events");
    event.stream = Stream::access;
    event.buffered = true;
    std::string bytes = event_body(event, 0, time);
    if (bytes.size() > kMaxBufferedBytes) {
        throw Error(ErrorKind::internal, "the event of this request is too large",
                    event.action + ": " + std::to_string(bytes.size()) + " bytes");
    }
    return bytes;
}

std::variant<BufferedEvent, std::string> parse_buffered(std::string_view bytes) {
    if (bytes.size() > kMaxBufferedBytes) {
        return "more than " + std::to_string(kMaxBufferedBytes) + " bytes";
    }
    const auto json = parse_strict_json(bytes, kMaxDepth);
    const auto* object = json ? json->if_object() : nullptr;
    if (object == nullptr) {
        return "not a JSON object";
    }
    const Members members(*object);
    if (members.number("v") != kVersion) {
        return "of a schema version that this program does not know";
    }
    const auto time = parse_rfc3339(members.text("time"));
    BufferedEvent read{time.value_or(Time{}), read_event(*object)};
    if (!time || !read.event.tenant || read.event.action.empty() ||
        read.event.status > kMaxStatus || has_nul(read.event)) {
        return "a member is missing or out of its bounds";
    }
    if (!is_written_as(read, bytes)) {
        return "not in the form that events have";
    }
    return read;
}

}  // namespace soma::domain
