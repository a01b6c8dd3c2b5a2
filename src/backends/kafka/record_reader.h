#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/kafka/client.h"
#include "backends/kafka/transactional_producer.h"

namespace soma::backends {

/// From which offset on a partition is read.
struct KafkaPosition {
    KafkaPartition partition;
    std::int64_t offset = 0;  ///< 0: from the beginning
};

/// A record as it was read.
struct KafkaRecord {
    KafkaPartition partition;
    std::int64_t offset = 0;
    std::string key;
    std::string value;
    KafkaHeaders headers;
};

/// Where partitions end, for a reader of committed records.
struct LastRecords {
    std::map<KafkaPartition, KafkaRecord> records;  ///< of each partition that has one
    /// Partitions with records behind that of which Kafka has not said whether they are committed.
    std::set<KafkaPartition> undecided;
};

/// Reads committed records; belongs to no group and keeps no offsets in Kafka. Not thread-safe.
class RecordReader {
  public:
    explicit RecordReader(const KafkaSettings& settings);
    ~RecordReader();

    LastRecords last_records(std::span<const KafkaPartition> partitions, const Deadline& deadline);

    /// next() reads these from now on; an offset that is there no more is the oldest that is.
    void follow(std::span<const KafkaPosition> positions);
    /// The next record of any partition, in each one's order; nullopt: none within `wait`, or
    /// Kafka does not answer, which librdkafka goes on trying by itself.
    std::optional<KafkaRecord> next(std::chrono::milliseconds wait);

  private:
    /// Reads the last `tail` offsets of each, into `found`.
    void read_tails(std::span<const KafkaPartition> partitions, std::int64_t tail,
                    LastRecords& found, const Deadline& deadline);
    /// Whether records lie behind the end that readers of committed ones see, which is at `offset`.
    bool undecided(const KafkaPartition& partition, std::int64_t offset);
    bool has_more_than(const KafkaPartition& partition, std::int64_t tail,
                       const Deadline& deadline);

    KafkaClient client_;
};

}  // namespace soma::backends
