#include "domain/ledger/relay/batch.h"

#include <string>

#include "base/error.h"

namespace soma::domain {

std::size_t next_batch(std::span<const RelayedEvent> events, std::optional<std::uint64_t> at,
                       const LogSpan& log, const BatchLimits& limits) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (; count < events.size() && count < limits.events; ++count) {
        const RelayedEvent& event = events[count];
        bytes += event.body.size();
        if (count > 0 && (bytes > limits.bytes || event.log_id != events[0].log_id)) {
            break;
        }
        const bool begins = event.log_id == log.log_id && event.log_index == log.first_index;
        if (at && event.log_index != *at && !(begins && *at < log.first_index)) {
            throw Error(ErrorKind::internal, "events are missing from the ledger",
                        "the relay wants " + std::to_string(*at) + ", the next there is " +
                            std::to_string(event.log_index));
        }
        at = event.log_index + 1;
    }
    return count;
}

}  // namespace soma::domain
