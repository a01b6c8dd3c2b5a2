#include "services/relay/last_marks.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backends/kafka/record_reader.h"
#include "base/error.h"

namespace soma::services {
namespace {

using backends::KafkaPartition;

std::vector<KafkaPartition> all_partitions() {
    std::vector<KafkaPartition> out;
    for (const auto topic : domain::kTopics) {
        for (int partition = 0; partition < domain::kPartitions; ++partition) {
            out.emplace_back(domain::topic_name(topic), partition);
        }
    }
    return out;
}

domain::LastMarks marks_of(const std::map<KafkaPartition, backends::KafkaRecord>& last) {
    domain::LastMarks out;
    for (const auto topic : domain::kTopics) {
        for (int partition = 0; partition < domain::kPartitions; ++partition) {
            const auto found = last.find({std::string(domain::topic_name(topic)), partition});
            if (found == last.end()) {
                continue;
            }
            const auto mark = domain::parse_mark(found->second.headers);
            if (!mark) {
                throw Error(ErrorKind::conflict,
                            "somebody else writes to kafka's topic " + found->first.first);
            }
            out.emplace(std::pair(topic, partition), *mark);
        }
    }
    return out;
}

}  // namespace

RelayEnds last_marks(const backends::KafkaSettings& kafka, const Deadline& deadline) {
    backends::RecordReader reader(kafka);
    auto last = reader.last_records(all_partitions(), deadline);
    return {marks_of(last.records), std::move(last.undecided)};
}

}  // namespace soma::services
