#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "base/time.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// "As it was recorded then": at a time, or up to a sequence of the tenant's `state` stream.
using AsOf = std::variant<Time, std::uint64_t>;

/// Which memories a question is put to, by the two times each has: when it was recorded, and when
/// it is true. With `now` alone: the current truth. Deleted, erased and expired memories are gone
/// under every as_of.
struct TimeScope {
    Time now;                                     ///< what has expired by then is not there
    std::optional<Time> valid_at = std::nullopt;  ///< absent: as_of where that is a time, else now
    std::optional<AsOf> as_of = std::nullopt;     ///< absent: everything recorded
    bool at_any_time = false;  ///< also what is not true at that time, or superseded
};

/// A memory's two times, absent ones spelled as the ends of time.
struct Validity {
    std::uint64_t sequence = 0;
    Time created_at = Time::min();
    Time valid_from = Time::min();
    Time valid_to = Time::max();
    Time expires_at = Time::max();
    std::uint64_t superseded_sequence = 0;  ///< 0: never
    Time superseded_at = Time::max();
    Time given_valid_to = Time::max();  ///< valid_to before that

    friend bool operator==(const Validity&, const Validity&) = default;
};
Validity validity_of(const MemoryFacts& facts);

/// The valid time that is asked for.
Time valid_time(const TimeScope& scope);
/// Whether the memory had been recorded, and has not expired.
bool is_recorded(const Validity& memory, const TimeScope& scope);
/// Whether its supersession, if any, had been recorded.
bool is_superseded(const Validity& memory, const TimeScope& scope);
/// Where its validity ends as far as had been recorded (exclusive).
Time valid_until(const Validity& memory, const TimeScope& scope);
/// Recorded and, unless at_any_time, valid. Of a superseded memory that is only half of the truth:
/// it also gives way to any memory recorded later under its key that is in scope (it may have been
/// given an earlier beginning than the one that took the key).
bool in_scope(const Validity& memory, const TimeScope& scope);

/// The facts as they had been recorded: a supersession that had not is undone.
MemoryFacts as_recorded(MemoryFacts facts, const TimeScope& scope);

}  // namespace soma::domain
