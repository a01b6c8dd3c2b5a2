#include "backends/kafka/record_reader.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace soma::backends {
namespace {

// A transaction's end takes an offset of its own in each partition, aborted records take theirs:
// the last record is mostly within the first of these from the end. Else further back, by this
// factor.
constexpr std::int64_t kFirstTail = 8;
constexpr std::int64_t kFurtherBack = 32;
constexpr std::chrono::milliseconds kPoll{100};

const KafkaOptions kOptions{
    {"group.id", "soma-reader"},  // asked for by librdkafka's interface; nothing is kept under it
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"isolation.level", "read_committed"},
    {"enable.partition.eof", "true"},
    {"auto.offset.reset", "earliest"},
    {"fetch.wait.max.ms", "50"},
    {"fetch.error.backoff.ms", "100"},
    {"queued.max.messages.kbytes", "16384"},
    {"check.crcs", "true"}};

using Message = std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                   decltype(&rd_kafka_topic_partition_list_destroy)>;

Partitions list_of(std::size_t count) {
    return {rd_kafka_topic_partition_list_new(static_cast<int>(count)),
            &rd_kafka_topic_partition_list_destroy};
}

void add(rd_kafka_topic_partition_list_t* list, const KafkaPartition& partition,
         std::int64_t offset) {
    rd_kafka_topic_partition_list_add(list, partition.first.c_str(), partition.second)->offset =
        offset;
}

KafkaPartition partition_of(const rd_kafka_message_t& message) {
    return {rd_kafka_topic_name(message.rkt), message.partition};
}

KafkaRecord record_of(const rd_kafka_message_t& message) {
    KafkaRecord out{partition_of(message), message.offset, {}, {}, {}};
    out.key.assign(static_cast<const char*>(message.key), message.key_len);
    out.value.assign(static_cast<const char*>(message.payload), message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
                                RD_KAFKA_RESP_ERR_NO_ERROR;
             ++i) {
            out.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
        }
    }
    return out;
}

}  // namespace

RecordReader::RecordReader(const KafkaSettings& settings)
    : client_(KafkaClient::Kind::consumer, settings, kOptions) {
    rd_kafka_poll_set_consumer(client_.handle());
}

RecordReader::~RecordReader() {
    rd_kafka_assign(client_.handle(), nullptr);
}

LastRecords RecordReader::last_records(std::span<const KafkaPartition> partitions,
                                       const Deadline& deadline) {
    LastRecords found;
    std::vector<KafkaPartition> open(partitions.begin(), partitions.end());
    for (std::int64_t tail = kFirstTail; !open.empty(); tail *= kFurtherBack) {
        read_tails(open, tail, found, deadline);
        std::erase_if(open, [&](const KafkaPartition& partition) {
            return found.records.contains(partition) || !has_more_than(partition, tail, deadline);
        });
    }
    return found;
}

void RecordReader::read_tails(std::span<const KafkaPartition> partitions, std::int64_t tail,
                              LastRecords& found, const Deadline& deadline) {
    const auto list = list_of(partitions.size());
    for (const KafkaPartition& partition : partitions) {
        add(list.get(), partition, RD_KAFKA_OFFSET_TAIL(tail));
    }
    rd_kafka_assign(client_.handle(), list.get());
    std::set<KafkaPartition> unread(partitions.begin(), partitions.end());
    while (!unread.empty()) {
        if (deadline.passed()) {
            throw client_.error("reading the last records", RD_KAFKA_RESP_ERR__TIMED_OUT,
                                std::to_string(unread.size()) + " partitions did not answer");
        }
        const auto wait = std::min(kPoll, deadline.remaining());
        const Message message(
            rd_kafka_consumer_poll(client_.handle(), static_cast<int>(wait.count())),
            &rd_kafka_message_destroy);
        if (message == nullptr) {
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            found.records.insert_or_assign(partition_of(*message), record_of(*message));
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            unread.erase(partition_of(*message));
            if (undecided(partition_of(*message), message->offset)) {
                found.undecided.insert(partition_of(*message));
            }
        }
    }
    rd_kafka_assign(client_.handle(), nullptr);
}

bool RecordReader::undecided(const KafkaPartition& partition, std::int64_t offset) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    // As the answer said that the end was found in: Kafka is not asked again.
    const auto code = rd_kafka_get_watermark_offsets(client_.handle(), partition.first.c_str(),
                                                     partition.second, &low, &high);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && offset < high;
}

bool RecordReader::has_more_than(const KafkaPartition& partition, std::int64_t tail,
                                 const Deadline& deadline) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code =
        rd_kafka_query_watermark_offsets(client_.handle(), partition.first.c_str(),
                                         partition.second, &low, &high, kafka_timeout_ms(deadline));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw client_.error("asking where a partition ends", code, rd_kafka_err2str(code));
    }
    return high - low > tail;
}

void RecordReader::follow(std::span<const KafkaPosition> positions) {
    const auto list = list_of(positions.size());
    for (const KafkaPosition& position : positions) {
        add(list.get(), position.partition, position.offset);
    }
    rd_kafka_assign(client_.handle(), list.get());
}

std::optional<KafkaRecord> RecordReader::next(std::chrono::milliseconds wait) {
    const Deadline deadline(wait);
    for (;;) {
        const auto left = static_cast<int>(deadline.remaining().count());
        const Message message(rd_kafka_consumer_poll(client_.handle(), left),
                              &rd_kafka_message_destroy);
        if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return record_of(*message);
        }
        if (deadline.passed()) {
            return std::nullopt;
        }
    }
}

}  // namespace soma::backends
