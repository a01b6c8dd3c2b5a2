#include "domain/ledger/event.h"

#include <string_view>
#include <utility>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/error.h"

namespace soma::domain {
namespace {

/// Writes an object's members as JCS does. The caller puts them in the order of their names, which
/// are ASCII: building a tree to sort and escape names known beforehand took most of a write's
/// planning.
class Members {
  public:
    void put(std::string_view name, std::string_view text) {
        put_name(name);
        append_json_string(out_, text);
    }
    void put_number(std::string_view name, std::uint64_t number) {
        put_name(name);
        out_ += std::to_string(number);
    }
    void put_unless_empty(std::string_view name, std::string_view text) {
        if (!text.empty()) {
            put(name, text);
        }
    }
    void put_unless_empty(std::string_view name, const std::vector<Uuid>& ids) {
        if (ids.empty()) {
            return;
        }
        put_name(name);
        char before = '[';
        for (const Uuid& id : ids) {
            ((out_ += before) += '"') += id.to_string();
            out_ += '"';
            before = ',';
        }
        out_ += ']';
    }
    void put_json(std::string_view name, std::string_view canonical) {
        put_name(name);
        out_ += canonical;
    }
    std::string take() {
        out_ += '}';
        return std::move(out_);
    }

  private:
    void put_name(std::string_view name) {
        ((out_ += out_.empty() ? '{' : ',') += '"') += name;
        out_ += "\":";
    }
    std::string out_;
};

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
    Members out;
    out.put("action", draft.action);
    out.put("actor", draft.actor);
    out.put_unless_empty("answer_digest", draft.answer_digest);
    if (draft.article) {
        out.put("article", *draft.article);
    }
    if (draft.buffered) {
        out.put_json("buffered", "true");
    }
    out.put_unless_empty("constitution_hash", draft.constitution_hash);
    if (draft.constitution_version) {
        out.put_number("constitution_version", *draft.constitution_version);
    }
    out.put("decision", draft.decision);
    if (!draft.details.empty()) {
        out.put_json("details", to_canonical_json(draft.details));
    }
    out.put("id", draft.id.to_string());
    if (!draft.learning.empty()) {
        out.put_json("learning", to_canonical_json(draft.learning));
    }
    out.put_unless_empty("request_digest", draft.request_digest);
    out.put_unless_empty("request_id", draft.request_id);
    out.put_number("status", static_cast<std::uint64_t>(draft.status));
    out.put("stream", to_string(draft.stream));
    out.put_number("stream_sequence", stream_sequence);
    out.put_unless_empty("supersedes", draft.supersedes);
    out.put_unless_empty("targets", draft.targets);
    out.put_unless_empty("telemetry_ref", draft.telemetry_ref);
    if (draft.tenant) {
        out.put("tenant", draft.tenant->to_string());
    } else {
        out.put_json("tenant", "null");
    }
    out.put("time", format_rfc3339(time));
    out.put_unless_empty("trace_id", draft.trace_id);
    out.put_number("v", 1);  // of this body's schema: api/events
    std::string body = out.take();
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
