#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "domain/ledger/relay/resume.h"

namespace soma::domain {

/// One transaction's bounds. It holds one event at least.
struct BatchLimits {
    std::size_t events = 1'000;
    std::size_t bytes = std::size_t{4} << 20;  ///< of bodies
};

/// How many of `events`, from the front, make the next transaction: within the limits, and of one
/// log. `at` is the index that must come next (nullopt: any); only to `log`'s first index may it
/// jump. Throws Error(internal) when an event is missing: the relay then stands still rather than
/// let readers believe they have all.
std::size_t next_batch(std::span<const RelayedEvent> events, std::optional<std::uint64_t> at,
                       const LogSpan& log, const BatchLimits& limits);

}  // namespace soma::domain
