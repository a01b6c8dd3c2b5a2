#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// A memory that was committed; `superseded` is the former holder of its key, if it had one.
struct Inserted {
    std::shared_ptr<const Memory> memory;  ///< facts hold the assigned id, sequence and times
    std::optional<Uuid> superseded = std::nullopt;
    std::optional<Time> superseded_valid_to = std::nullopt;  ///< the end of validity it was given
};

/// A memory that was deleted; one that the reader never knew is not an error.
struct Removed {
    Uuid id;
};

/// Links that were made or strengthened, as they are now. One of their ends may be unknown to the
/// reader.
struct Linked {
    std::vector<Link> links;
};

/// What currents made of links; one that the reader does not know was deleted meanwhile.
struct Flowed {
    std::vector<Gain> gains;
};

/// Memories of a subject that is being erased.
struct Erased {
    std::vector<Uuid> ids;
};

/// A change that touches no memory, e.g. feedback or a session's end: it has a number in
/// the stream all the same.
struct Counted {};

struct LearntRow;

/// One committed change of a tenant's `state` stream, in the order of that stream: what every
/// projection of a tenant (the index, Redis) consumes. Sequences are dense, so a projection can
/// tell a repeat (sequence ≤ its own) from a gap (sequence > its own + 1).
struct AppliedChange {
    Uuid tenant;
    std::uint64_t sequence = 0;
    std::variant<Inserted, Removed, Linked, Flowed, Erased, Counted> change;
    std::shared_ptr<const LearntRow> learnt = nullptr;  ///< the tenant's newest, if it added one
};

}  // namespace soma::domain
