#include "domain/ledger/relay/resume.h"

#include <algorithm>

namespace soma::domain {
namespace {

/// The mark of that log with the highest index: of the newest transaction that left a record.
std::optional<RelayMark> newest(const LastMarks& last, const Uuid& log_id) {
    std::optional<RelayMark> out;
    for (const auto& [place, mark] : last) {
        if (mark.log_id == log_id && (!out || mark.log_index > out->log_index)) {
            out = mark;
        }
    }
    return out;
}

}  // namespace

Resume::Resume(LogSpan log, LastMarks last) : log_(log), last_(std::move(last)) {
    if (const auto mark = newest(last_, log_.log_id)) {
        from_ = mark->complete_below;
    } else if (const auto before = log_.former ? newest(last_, *log_.former) : std::nullopt) {
        // Kafka may have more of the former log than the backup that was restored.
        from_ = std::min(before->complete_below, log_.first_index);
    }
}

bool Resume::relayed(Topic topic, const RelayedEvent& event) const {
    const auto found = last_.find({topic, partition_of(event)});
    if (found == last_.end()) {
        return false;
    }
    const RelayMark& last = found->second;
    if (event.log_id == last.log_id) {
        return repeats({event.log_id, event.log_index, 0}, last);
    }
    // No partition goes back to a former log.
    return last.log_id == log_.log_id;
}

}  // namespace soma::domain
