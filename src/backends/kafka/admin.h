#pragma once
#include <span>
#include <string>

#include "backends/kafka/client.h"

namespace soma::backends {

/// A topic as it must be.
struct KafkaTopic {
    std::string name;
    int partitions = 1;
};

/// Topics. Thread-safe.
class KafkaAdmin {
  public:
    explicit KafkaAdmin(const KafkaSettings& settings);

    /// Makes those that are missing, with `replication` copies and no end of retention; with three
    /// copies and more, two must hold a record before it counts. Then checks all. Returns when the
    /// brokers know them.
    void make(std::span<const KafkaTopic> topics, int replication, const Deadline& deadline);

    /// Throws Error(unavailable) naming a topic that is not there or has no leader in a partition,
    /// Error(conflict) naming one with another number of partitions: it is never changed, because
    /// that would move tenants to other partitions.
    void check(std::span<const KafkaTopic> topics, const Deadline& deadline);

  private:
    KafkaClient client_;
};

}  // namespace soma::backends
