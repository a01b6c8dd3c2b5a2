#include "domain/backup/succession.h"

#include <utility>

#include "base/encoding.h"
#include "base/error.h"

namespace soma::domain {
namespace {

constexpr int kDone = 200;

EventDraft draft(std::string action, UuidGenerator& ids, Time now) {
    EventDraft event;
    event.id = ids.next(now);
    event.actor = "somabrain";
    event.action = std::move(action);
    event.status = kDone;
    return event;
}

EventDraft restored_event(const Restored& restored, UuidGenerator& ids, Time now) {
    EventDraft event = draft("log.restored", ids, now);
    event.stream = Stream::system;
    const LogHead& former = restored.former;
    event.details["backed_up_at"] = format_rfc3339(restored.backed_up_at);
    event.details["former_log_id"] = former.id.to_string();
    event.details["former_first_index"] = former.first_index;
    if (former.size > former.first_index) {
        event.details["former_last_index"] = former.size - 1;
        event.details["former_last_leaf"] = to_hex(former.last_leaf);
    }
    return event;
}

EventDraft erased_event(const ErasedSubject& erased, UuidGenerator& ids, Time now) {
    EventDraft event = draft("subject.erase", ids, now);
    event.tenant = erased.tenant;
    event.stream = Stream::state;
    event.details["found"] = "at restore: no key opens it";
    event.details["subject"] = to_hex(erased.subject_hmac);
    event.details["memories"] = erased.memories;
    event.details["evaluations"] = erased.evaluations;
    event.details["feedback"] = erased.feedback;
    return event;
}

}  // namespace

Succession succeed(const Restored& restored, UuidGenerator& ids, Time now) {
    const LogHead& former = restored.former;
    Succession out;
    out.log_id = ids.next(now);
    out.first_index = (former.size + kLogAlignment - 1) / kLogAlignment * kLogAlignment;
    out.size = out.first_index;
    const auto add = [&](const StreamHead& stream, EventDraft event) {
        const auto [last, fresh] = out.streams.try_emplace(stream.id, stream.sequence);
        const std::uint64_t sequence = ++last->second;
        std::string body = event_body(event, sequence, now);
        std::string leaf = leaf_hash(body);
        out.events.push_back(
            {out.size++, sequence, now, std::move(event), std::move(body), std::move(leaf)});
    };
    add(restored.system, restored_event(restored, ids, now));
    for (const auto& erased : restored.erased) {
        const auto state = restored.states.find(erased.tenant);
        SOMA_ASSERT(state != restored.states.end(), "a tenant has its state stream");
        add(state->second, erased_event(erased, ids, now));
    }
    return out;
}

}  // namespace soma::domain
