#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "domain/ledger/plan.h"

namespace soma::domain {

/// Where the ledger stands as far as one writer knows: after its own last transaction. Another
/// process may have moved it since; whoever writes from here must have the store check it.
struct Position {
    Uuid log_id;
    std::uint64_t log_size = 0;
    std::map<Uuid, std::uint64_t> streams;  ///< last sequence of each stream met
};

/// More streams than this are not remembered.
inline constexpr std::size_t kMaxKnownStreams = 4'096;

/// What the store would answer if nobody else has written since and no Idempotency-Key of the group
/// was used before. Nothing when that cannot be known from a position: a stream not met yet, key
/// holders, targets, last turns, the law or a replay's events to read.
std::optional<Findings> presume(const Questions& questions, const Position& position);

/// The position after the plan's transaction, begun from `findings`.
void advance(Position& position, const Findings& findings, const Plan& plan);

}  // namespace soma::domain
