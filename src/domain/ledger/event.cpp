#include "domain/ledger/event.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/error.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

void put_text(json::object& out, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        out[name] = value;
    }
}

void put_ids(json::object& out, std::string_view name, const std::vector<Uuid>& ids) {
    if (!ids.empty()) {
        json::array list(out.storage());
        list.reserve(ids.size());
        for (const Uuid& id : ids) {
            list.emplace_back(id.to_string());
        }
        out[name] = std::move(list);
    }
}

}  // namespace

std::string_view to_string(Stream stream) {
    switch (stream) {
        case Stream::state:
            return "state";
        case Stream::access:
            return "access";
        case Stream::system:
            return "system";
    }
    SOMA_ASSERT(false, "a stream outside its enumeration");
}

std::string event_body(const EventDraft& draft, std::uint64_t stream_sequence, Time time) {
    // On the stack: an event is written for every request, and most fit.
    std::array<unsigned char, 4096> buffer;
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::object out(&memory);
    out.reserve(24);
    out["v"] = 1;  // of this body's schema: api/events
    out["id"] = draft.id.to_string();
    out["tenant"] = draft.tenant ? json::value(draft.tenant->to_string()) : json::value(nullptr);
    out["stream"] = to_string(draft.stream);
    out["stream_sequence"] = stream_sequence;
    out["time"] = format_rfc3339(time);
    out["actor"] = draft.actor;
    out["action"] = draft.action;
    out["decision"] = draft.decision;
    out["status"] = draft.status;
    put_text(out, "request_id", draft.request_id);
    put_text(out, "trace_id", draft.trace_id);
    put_text(out, "telemetry_ref", draft.telemetry_ref);
    put_text(out, "request_digest", draft.request_digest);
    put_text(out, "answer_digest", draft.answer_digest);
    if (draft.article) {
        out["article"] = *draft.article;
    }
    if (draft.constitution_version) {
        out["constitution_version"] = *draft.constitution_version;
    }
    put_ids(out, "targets", draft.targets);
    put_ids(out, "supersedes", draft.supersedes);
    if (!draft.details.empty()) {
        out["details"] = draft.details;
    }
    std::string body = to_canonical_json(out);
    if (body.size() > kMaxEventBytes) {
        throw Error(ErrorKind::internal, "the event of this request is too large",
                    draft.action + ": " + std::to_string(body.size()) + " bytes");
    }
    return body;
}

std::string leaf_hash(std::string_view body) {
    std::string bytes(1, '\0');
    bytes += body;
    return sha256(bytes);
}

}  // namespace soma::domain
