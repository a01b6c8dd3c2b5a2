#include "domain/ledger/retention/partition.h"

#include <algorithm>

namespace soma::domain {
namespace {

std::string leaves_of(const LogSlice& slice) {
    return "leaves " + std::to_string(slice.begin) + " to " + std::to_string(slice.end - 1) +
           " of log " + slice.log_id.to_string();
}

/// Whether all of the slice is in Kafka. A record says that its log was complete there below an
/// index. One of the present log says so of all former logs: the relay begins none before it has
/// carried what was there of the one before. Other logs' records may be of another history, that a
/// restore ended, and prove nothing.
bool relayed(const LogSlice& slice, const Uuid& present, const LastMarks& last) {
    return std::any_of(last.begin(), last.end(), [&](const auto& each) {
        const RelayMark& mark = each.second;
        if (mark.log_id == slice.log_id) {
            return mark.complete_below >= slice.first_index + slice.end;
        }
        return mark.log_id == present;
    });
}

}  // namespace

std::vector<LogSlice> slices_of(const OldestPartition& partition, std::span<const LogExtent> logs) {
    std::vector<LogSlice> out;
    for (const LogExtent& log : logs) {
        const std::uint64_t begin = std::max(partition.first_index, log.first_index);
        const std::uint64_t end = std::min(partition.end_index, log.end_index);
        if (begin < end) {
            out.push_back(
                {log.log_id, log.first_index, begin - log.first_index, end - log.first_index});
        }
    }
    return out;
}

std::optional<std::string> kept_because(const OldestPartition& partition,
                                        std::span<const LogExtent> logs, const LastMarks& last,
                                        std::uint64_t buffered, Time keep_from) {
    const LogExtent& present = logs.front();
    // One event at least lies behind it: backups and readers of the log's end ask for the last one.
    if (partition.end_index >= present.end_index) {
        return "it is still being written";
    }
    if (partition.newest && *partition.newest >= keep_from) {
        return "its newest event is of " + format_rfc3339(*partition.newest);
    }
    // A replay asks the table which events it has: of one that is dropped it would write another.
    if (buffered > 0) {
        return "entries of the audit buffer may be of its events: " + std::to_string(buffered);
    }
    const auto slices = slices_of(partition, logs);
    std::uint64_t known = 0;
    for (const LogSlice& slice : slices) {
        known += slice.end - slice.begin;
    }
    if (known != partition.events) {
        return "it holds " + std::to_string(partition.events) + " events where its logs have " +
               std::to_string(known);
    }
    if (partition.unfinished_erasures > 0) {
        return "erasures that are not done began in it: " +
               std::to_string(partition.unfinished_erasures);
    }
    for (const LogSlice& slice : slices) {
        if (!relayed(slice, present.log_id, last)) {
            return leaves_of(slice) + " are not known to be in Kafka";
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
