#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/backup/manifest.h"
#include "domain/ledger/plan.h"

namespace soma::domain {

/// A new log begins at a multiple of this: two levels of 256, so that the tiles of its Merkle tree
/// never cross a partition of `events`.
inline constexpr std::uint64_t kLogAlignment = 65'536;

/// A numbered stream as the restored tables have it.
struct StreamHead {
    Uuid id;
    std::uint64_t sequence = 0;
};

/// A subject whose rows nobody can open any more, with how many there were.
struct ErasedSubject {
    Uuid tenant;
    std::string subject_hmac;  ///< 32 bytes
    std::uint64_t memories = 0;
    std::uint64_t evaluations = 0;
    std::uint64_t feedback = 0;
};

/// What the restored tables say, before the new log has begun.
struct Restored {
    LogHead former;
    Time backed_up_at;
    StreamHead system;
    std::map<Uuid, StreamHead> states;  ///< of each tenant with an erased subject
    std::vector<ErasedSubject> erased;
};

/// The log that goes on where a backup ended, and what it begins with.
struct Succession {
    Uuid log_id;
    std::uint64_t first_index = 0;
    std::uint64_t size = 0;
    std::vector<PlannedEvent> events;       ///< dense from first_index
    std::map<Uuid, std::uint64_t> streams;  ///< new last sequence of those that moved
};

/// Begins a log behind the former one, at the next multiple of kLogAlignment, so that log_index
/// goes on growing over both while each is dense in itself. Its first event, `log.restored` on
/// `system`, names the former log's id, last index and leaf; one `subject.erase` follows for each
/// erased subject. Pure but for the ids it takes.
Succession succeed(const Restored& restored, UuidGenerator& ids, Time now);

}  // namespace soma::domain
