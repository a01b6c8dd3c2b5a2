#include "services/recall/record.h"

#include "services/recall/answer.h"

namespace soma::services {

using somabrain::v1::MemoryRecord;

MemoryRecord record_of(const domain::MemoryFacts& facts, domain::MemoryContent content) {
    MemoryRecord memory;
    memory.set_id(facts.id.to_string());
    memory.set_text(std::move(content.text));
    memory.set_subject(std::move(content.subject));
    memory.set_kind(facts.kind);
    memory.set_speaker(std::move(content.speaker));
    memory.set_session_id(std::move(content.session_id));
    memory.set_key(std::move(content.key));
    memory.set_metadata(std::move(content.metadata));
    for (auto& tag : content.tags) {
        memory.add_tags(std::move(tag));
    }
    if (facts.turn) {
        memory.set_turn(*facts.turn);
    }
    if (facts.importance) {
        memory.set_importance(*facts.importance);
    }
    const auto put_time = [](const std::optional<Time>& time, std::string* out) {
        if (time) {
            *out = format_rfc3339(*time);
        }
    };
    put_time(facts.occurred_at, memory.mutable_occurred_at());
    put_time(facts.valid_from, memory.mutable_valid_from());
    put_time(facts.valid_to, memory.mutable_valid_to());
    put_time(facts.expires_at, memory.mutable_expires_at());
    put_time(facts.created_at, memory.mutable_created_at());
    if (facts.superseded_by) {
        memory.set_superseded_by(facts.superseded_by->to_string());
    }
    memory.set_sequence(facts.sequence);
    return memory;
}

somabrain::v1::LinkRecord record_of(const domain::Link& link, Time now) {
    somabrain::v1::LinkRecord record;
    record.set_from(link.key.from.to_string());
    record.set_to(link.key.to.to_string());
    record.set_type(link.key.type);
    record.set_weight(domain::link_weight_at(link, now));
    record.set_stated_weight(link.weight);
    record.set_created_at(format_rfc3339(link.created_at));
    record.set_reinforced_at(format_rfc3339(link.reinforced_at));
    record.set_sequence(link.sequence);
    return record;
}

std::size_t json_bytes_of(const MemoryRecord& memory) {
    /// What a record takes beside its strings: names of members, ids, numbers, six times.
    constexpr std::size_t fixed = 640;
    std::size_t bytes = fixed + memory.metadata().size();  // already JSON
    for (const auto* text : {&memory.text(), &memory.subject(), &memory.kind(), &memory.speaker(),
                             &memory.session_id(), &memory.key()}) {
        bytes += json_bytes(*text);
    }
    for (const auto& tag : memory.tags()) {
        bytes += json_bytes(tag) + 1;
    }
    return bytes;
}

}  // namespace soma::services
