#pragma once
#include <vector>

#include "services/relay/follower.h"
#include "support/stores/kafka_broker.h"

namespace soma::test {

/// Behind everything that the shared broker's topic holds: what tests before wrote.
inline services::FollowedPlaces topic_ends(domain::Topic topic) {
    backends::RecordReader reader(shared_broker().settings());
    std::vector<backends::KafkaPartition> all;
    services::FollowedPlaces out;
    for (int partition = 0; partition < domain::kPartitions; ++partition) {
        all.emplace_back(domain::topic_name(topic), partition);
        out[partition];
    }
    const auto last = reader.last_records(all, Deadline(std::chrono::seconds(60)));
    for (const auto& [partition, record] : last.records) {
        out[partition.second].next_offset = record.offset + 1;
    }
    return out;
}

}  // namespace soma::test
