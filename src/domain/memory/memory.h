#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/link.h"
#include "math/quantize.h"

namespace soma::domain {

/// The part of a memory that is content: sealed as one blob under its subject's data key.
struct MemoryContent {
    std::string text;
    std::string subject;  ///< empty: the tenant itself
    std::string speaker;
    std::string session_id;
    std::string key;
    std::vector<std::string> tags;
    std::string metadata;  ///< canonical JSON object text, or empty

    friend bool operator==(const MemoryContent&, const MemoryContent&) = default;
};

/// The part kept in plain columns: ids, times and numbers that say nothing of the content.
struct MemoryFacts {
    Uuid id;
    std::uint64_t sequence = 0;   ///< in the tenant's `state` stream
    std::uint64_t log_index = 0;  ///< in the log; orders turns and evaluations of a session
    Time created_at;
    std::optional<Time> occurred_at;
    std::optional<Time> valid_from;  ///< inclusive
    std::optional<Time> valid_to;    ///< exclusive; a supersession may have brought it forward
    std::optional<Time> expires_at;
    std::optional<std::int32_t> turn;
    std::optional<double> importance;
    std::string kind;
    std::optional<Uuid> superseded_by;
    // Of that supersession; absent without one.
    std::optional<std::uint64_t> superseded_sequence;  ///< of the change, in `state`
    std::optional<Time> superseded_at;                 ///< when it was recorded
    std::optional<Time> given_valid_to;                ///< valid_to as it was before

    friend bool operator==(const MemoryFacts&, const MemoryFacts&) = default;
};

/// One stretch of a memory's text with its vector: what search compares a query with.
struct Passage {
    std::uint32_t begin = 0;  ///< byte offset in text
    std::uint32_t end = 0;    ///< byte offset past the last
    math::QuantizedVector vector;

    friend bool operator==(const Passage&, const Passage&) = default;
};

/// A memory as services and the index handle it, opened.
struct Memory {
    MemoryFacts facts;
    MemoryContent content;
    std::vector<Passage> passages;  ///< at least one
    std::vector<Link> links = {};   ///< from it to others
};

/// That a memory lost its key to a successor: what becomes of it.
struct Supersession {
    Uuid by;
    std::uint64_t sequence = 0;  ///< of the change, in `state`
    Time at;                     ///< when it was recorded
    Time valid_to;               ///< the end of validity it leaves the memory

    friend bool operator==(const Supersession&, const Supersession&) = default;
};
void supersede(MemoryFacts& facts, const Supersession& by);

/// "The answer reflects the tenant's state up to this sequence." Opaque to callers:
/// base64url(u64be epoch ‖ u64be sequence).
struct StateToken {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;

    std::string to_string() const;
    static std::optional<StateToken> parse(std::string_view text);
    friend bool operator==(const StateToken&, const StateToken&) = default;
};

}  // namespace soma::domain
