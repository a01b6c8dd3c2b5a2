#pragma once
#include <set>

#include "backends/kafka/record_reader.h"
#include "base/time.h"
#include "domain/ledger/relay/resume.h"

namespace soma::services {

/// Where the relay's topics end.
struct RelayEnds {
    domain::LastMarks marks;                       ///< of each partition's last committed record
    std::set<backends::KafkaPartition> undecided;  ///< of what lies behind that
};

/// Throws Error: unavailable, and conflict when one of the records is not the relay's.
RelayEnds last_marks(const backends::KafkaSettings& kafka, const Deadline& deadline);

}  // namespace soma::services
