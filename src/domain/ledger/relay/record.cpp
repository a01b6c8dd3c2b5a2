#include "domain/ledger/relay/record.h"

#include <array>
#include <boost/json.hpp>

#include "base/error.h"

namespace soma::domain {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::conflict, "a record that is not an event of the ledger: " + why);
}

const boost::json::value& member(const boost::json::object& event, std::string_view name) {
    const auto* found = event.if_contains(name);
    if (found == nullptr) {
        refuse(std::string(name) + " is missing");
    }
    return *found;
}

std::uint64_t number(const boost::json::object& event, std::string_view name) {
    const auto* found = member(event, name).if_int64();
    if (found == nullptr || *found < 1) {
        refuse(std::string(name) + " is no number from 1 on");
    }
    return static_cast<std::uint64_t>(*found);
}

Stream stream_of(const boost::json::object& event) {
    const auto* text = member(event, "stream").if_string();
    for (const Stream stream : std::array{Stream::state, Stream::access, Stream::system}) {
        if (text != nullptr && to_string(stream) == *text) {
            return stream;
        }
    }
    refuse("stream is none of state, access, system");
}

std::optional<Uuid> tenant_of(const boost::json::object& event) {
    const auto& tenant = member(event, "tenant");
    if (tenant.is_null()) {
        return std::nullopt;
    }
    const auto* text = tenant.if_string();
    const auto id = Uuid::parse(text == nullptr ? std::string_view() : std::string_view(*text));
    if (!id) {
        refuse("tenant is no UUID");
    }
    return id;
}

}  // namespace

EventRecord read_record(const RecordHeaders& headers, std::string_view body) {
    const auto mark = parse_mark(headers);
    if (!mark) {
        refuse("its headers do not say where it stands in the log");
    }
    if (body.size() > kMaxEventBytes) {
        refuse(std::to_string(body.size()) + " bytes, at most " + std::to_string(kMaxEventBytes));
    }
    boost::system::error_code error;
    const auto value = boost::json::parse(body, error);
    if (error || !value.is_object()) {
        refuse("its value is no JSON object");
    }
    const auto& event = value.get_object();
    if (const auto version = number(event, "v"); version != kEventSchemaVersion) {
        refuse("schema version " + std::to_string(version) + ", this reader knows " +
               std::to_string(kEventSchemaVersion));
    }
    EventRecord out{*mark, {tenant_of(event), stream_of(event), mark->log_id, 0}};
    out.place.sequence = number(event, "stream_sequence");
    if (out.place.tenant.has_value() == (out.place.stream == Stream::system)) {
        refuse("stream system, and no other, belongs to no tenant");
    }
    return out;
}

}  // namespace soma::domain
