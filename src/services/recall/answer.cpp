#include "services/recall/answer.h"

namespace soma::services {

somabrain::v1::RecalledMemory recalled(const FoundMemory& found, bool explain) {
    somabrain::v1::RecalledMemory memory;
    memory.set_id(found.hit.id.to_string());
    memory.set_text(found.content.text);
    memory.set_truncated(found.truncated);
    memory.set_score(found.hit.score);
    memory.set_speaker(found.content.speaker);
    memory.set_session_id(found.content.session_id);
    if (found.facts.occurred_at) {
        memory.set_occurred_at(format_rfc3339(*found.facts.occurred_at));
    }
    for (const auto& tag : found.content.tags) {
        memory.add_tags(tag);
    }
    memory.set_metadata(found.content.metadata);
    memory.set_kind(found.facts.kind);
    if (found.facts.turn) {
        memory.set_turn(*found.facts.turn);
    }
    memory.set_sequence(found.facts.sequence);
    memory.set_created_at(format_rfc3339(found.facts.created_at));
    if (explain) {
        for (std::size_t i = 0; i < domain::view_count; ++i) {
            (*memory.mutable_view_values())[std::string(domain::view_names[i])] =
                found.hit.values.numbers[i];
        }
    }
    return memory;
}

bool fit(google::protobuf::RepeatedPtrField<somabrain::v1::RecalledMemory>& memories,
         std::size_t max_bytes) {
    std::size_t total = 0;
    for (const auto& memory : memories) {
        total += memory.ByteSizeLong();
    }
    bool cut = false;
    for (int i = memories.size() - 1; i >= 0 && total > max_bytes; --i) {
        auto& memory = *memories.Mutable(i);
        total -= memory.ByteSizeLong();
        memory.clear_tags();
        memory.clear_metadata();
        total += memory.ByteSizeLong();
        cut = true;
    }
    return cut;
}

}  // namespace soma::services
