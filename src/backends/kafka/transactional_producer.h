#pragma once
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/kafka/client.h"

namespace soma::backends {

/// One partition of a topic.
using KafkaPartition = std::pair<std::string, int>;

/// Names and values; the views live as long as whatever they are of.
using KafkaHeaders = std::vector<std::pair<std::string, std::string>>;

/// A record to be written.
struct OutgoingRecord {
    std::string_view topic;
    int partition = 0;
    std::string key;
    std::string_view value;  ///< lives until commit() returns
    KafkaHeaders headers;
};

/// Writes batches that readers of committed records see whole or not at all, in order. Of all
/// producers with the same name the one made last is alone: it ends what the others had begun, and
/// their next commit fails. Not thread-safe.
class TransactionalProducer {
  public:
    /// A transaction whose producer has died is ended by Kafka after this long at the latest.
    static constexpr std::chrono::milliseconds kTransactionTimeout{10'000};

    TransactionalProducer(const KafkaSettings& settings, const std::string& name);

    /// Ends whatever producers of this name had begun, before or now. Once, before any commit.
    void begin(const Deadline& deadline);

    /// One transaction with all of `records`. Throws Error: `conflict` when another producer has
    /// taken the name over, `unavailable` otherwise. After any of them it is unknown whether the
    /// batch was written; destroy the producer, begin with another, and read what is there.
    void commit(std::span<const OutgoingRecord> records, const Deadline& deadline);

    /// One transaction that is aborted in each of `partitions`, which must not repeat. It ends as
    /// aborted what an earlier producer of this name left open there without Kafka's transaction
    /// coordinator knowing of it; readers of committed records see nothing of it. Throws as
    /// commit().
    void abort_in(const std::set<KafkaPartition>& partitions, const Deadline& deadline);

  private:
    void produce(const OutgoingRecord& record);

    KafkaClient client_;
    bool spent_ = false;  ///< a commit failed: nothing more goes through here
};

}  // namespace soma::backends
