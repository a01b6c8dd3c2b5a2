#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/uuid.h"

namespace soma::domain {

/// What is still to be done. Rows come first: a key may only go when no row needs it, or a subject
/// that is used again would meet rows that its new key does not open.
enum class ErasureState : std::uint8_t {
    rows_owed,  ///< not all rows are deleted; nothing can be written under the key any more
    keys_owed,  ///< no row is left; the key is to be destroyed and the receipt to be signed
    done,
};

std::string_view to_string(ErasureState state);
std::optional<ErasureState> parse_erasure_state(std::string_view text);

/// One transaction deletes at most this many memories, evaluations and pieces of feedback each: it
/// holds up other writers meanwhile.
inline constexpr std::size_t kErasedAtOnce = 1'000;

/// Rows deleted so far, by table.
struct ErasedRows {
    std::uint64_t memories = 0;
    std::uint64_t embeddings = 0;
    std::uint64_t links = 0;
    std::uint64_t evaluations = 0;
    std::uint64_t feedback_events = 0;
    std::uint64_t token_usage = 0;

    friend bool operator==(const ErasedRows&, const ErasedRows&) = default;
};

/// An erasure as Postgres keeps it, with where its first event is.
struct Erasure {
    Uuid id;
    std::string subject_hmac;  ///< 32 bytes
    std::string key_id;        ///< 16 bytes: which key is destroyed
    ErasureState state = ErasureState::rows_owed;
    Time requested_at;
    std::optional<Time> completed_at;
    std::uint64_t sequence = 0;  ///< in `state`, of its last change
    ErasedRows rows;
    std::string receipt;  ///< canonical JSON; empty until it is done
    Uuid log_id;
    std::uint64_t log_index = 0;  ///< of its first event
    std::string leaf;             ///< 32 bytes, of that event
};

/// 16 bytes that tell one data key from another and nothing of it: after an erasure the same
/// subject may have a new key.
std::string key_id(std::string_view data_key);

}  // namespace soma::domain
