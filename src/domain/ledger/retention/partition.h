#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/relay/resume.h"

namespace soma::domain {

/// The oldest partition of `events`, as PostgreSQL shows it.
struct OldestPartition {
    std::uint64_t first_index = 0;
    std::uint64_t end_index = 0;  ///< exclusive
    std::uint64_t events = 0;
    std::optional<Time> newest;             ///< of them; absent: there is none
    std::uint64_t unfinished_erasures = 0;  ///< whose first event it holds: their receipts need it
};

/// Which indices a log has had so far.
struct LogExtent {
    Uuid log_id;
    std::uint64_t first_index = 0;
    std::uint64_t end_index = 0;  ///< exclusive
};

/// Leaves [begin, end) of a log, which a partition holds.
struct LogSlice {
    Uuid log_id;
    std::uint64_t first_index = 0;  ///< the log's
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    friend bool operator==(const LogSlice&, const LogSlice&) = default;
};

/// What a partition holds of each log: after a restore there is more than one.
std::vector<LogSlice> slices_of(const OldestPartition& partition, std::span<const LogExtent> logs);

/// Why the partition must stay, as far as PostgreSQL, Kafka and the audit buffer say; nullopt:
/// nobody needs it. `logs` begins with the present one; `last` has the last record of each of
/// Kafka's partitions; `buffered` entries of the buffer may be of events in it; events from
/// `keep_from` on are kept. Pure.
std::optional<std::string> kept_because(const OldestPartition& partition,
                                        std::span<const LogExtent> logs, const LastMarks& last,
                                        std::uint64_t buffered, Time keep_from);

}  // namespace soma::domain
