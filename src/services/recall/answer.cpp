#include "services/recall/answer.h"

#include "base/unicode.h"

namespace soma::services {
namespace {

using google::protobuf::RepeatedPtrField;
using somabrain::v1::RecalledMemory;

/// What a memory takes beside its strings: names of members, id, numbers, times.
constexpr std::size_t kFixedBytes = 400;
constexpr std::size_t kViewBytes = 40;
/// Texts are cut to half as much until all fit; the least that is tried always does.
constexpr std::size_t kMostTextBytes = 8192;
constexpr std::size_t kLeastTextBytes = 256;

std::size_t json_bytes_of(char32_t code_point, std::size_t length) {
    constexpr std::size_t escaped = 6;  // \u0001
    if (code_point < U' ') {
        return escaped;
    }
    return code_point == U'"' || code_point == U'\\' ? 2 : length;
}

std::size_t bytes_of(const RecalledMemory& memory) {
    std::size_t bytes = kFixedBytes + kViewBytes * memory.view_values().size() +
                        json_bytes(memory.text()) + json_bytes(memory.speaker()) +
                        json_bytes(memory.session_id()) + json_bytes(memory.kind()) +
                        memory.metadata().size();  // already JSON
    for (const auto& tag : memory.tags()) {
        bytes += json_bytes(tag) + 1;
    }
    return bytes;
}

std::size_t total_bytes(const RepeatedPtrField<RecalledMemory>& memories) {
    std::size_t total = 0;
    for (const auto& memory : memories) {
        total += bytes_of(memory);
    }
    return total;
}

}  // namespace

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

std::size_t json_bytes(std::string_view text) {
    std::size_t bytes = 2;
    for (const auto [code_point, length] : CodePoints(text)) {
        bytes += json_bytes_of(code_point, length);
    }
    return bytes;
}

bool cut_to_json(std::string& text, std::size_t max_bytes) {
    std::size_t bytes = 2;
    std::size_t end = 0;
    for (const auto [code_point, length] : CodePoints(text)) {
        bytes += json_bytes_of(code_point, length);
        if (bytes > max_bytes) {
            text.resize(end);
            return true;
        }
        end += length;
    }
    return false;
}

void fit(RepeatedPtrField<RecalledMemory>& memories, std::size_t max_bytes, Capped& capped) {
    std::size_t total = total_bytes(memories);
    if (total <= max_bytes) {
        return;
    }
    *capped.Add() = "metadata";
    for (int i = memories.size() - 1; i >= 0 && total > max_bytes; --i) {
        auto& memory = *memories.Mutable(i);
        total -= bytes_of(memory);
        memory.clear_tags();
        memory.clear_metadata();
        total += bytes_of(memory);
    }
    if (total <= max_bytes) {
        return;
    }
    *capped.Add() = "text";
    for (std::size_t limit = kMostTextBytes; limit >= kLeastTextBytes; limit /= 2) {
        for (auto& memory : memories) {
            memory.set_truncated(cut_to_json(*memory.mutable_text(), limit) || memory.truncated());
            for (auto* name :
                 {memory.mutable_speaker(), memory.mutable_session_id(), memory.mutable_kind()}) {
                cut_to_json(*name, limit / 2);
            }
        }
        if (total_bytes(memories) <= max_bytes) {
            return;
        }
    }
}

}  // namespace soma::services
