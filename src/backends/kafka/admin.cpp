#include "backends/kafka/admin.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <thread>

namespace soma::backends {
namespace {

constexpr std::size_t kReasonBytes = 512;
constexpr std::chrono::milliseconds kLookAgain{50};
constexpr int kCopiesForTwoAnswers = 3;

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

Owned<rd_kafka_NewTopic_t> wanted(const KafkaTopic& topic, int replication) {
    std::array<char, kReasonBytes> reason{};
    Owned<rd_kafka_NewTopic_t> out(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                                         replication, reason.data(), reason.size()),
                                   &rd_kafka_NewTopic_destroy);
    SOMA_ASSERT(out != nullptr, "a topic has a name and its numbers are in range");
    const char* insync = replication >= kCopiesForTwoAnswers ? "2" : "1";
    rd_kafka_NewTopic_set_config(out.get(), "min.insync.replicas", insync);
    // The ledger's copy has no end; whoever wants one sets it, and knows from when on.
    rd_kafka_NewTopic_set_config(out.get(), "retention.ms", "-1");
    return out;
}

/// Throws what was answered for one topic; that it is there already is what was wanted.
void check_made(const KafkaClient& client, rd_kafka_event_t* answer) {
    std::size_t count = 0;
    const auto* result = rd_kafka_event_CreateTopics_result(answer);
    const auto** topics = rd_kafka_CreateTopics_result_topics(result, &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto code = rd_kafka_topic_result_error(topics[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            const char* reason = rd_kafka_topic_result_error_string(topics[i]);
            throw client.error(std::string("making topic ") + rd_kafka_topic_result_name(topics[i]),
                               code, reason == nullptr ? rd_kafka_err2str(code) : reason);
        }
    }
}

void check_topic(const KafkaTopic& wanted, const rd_kafka_metadata_t& metadata) {
    for (int i = 0; i < metadata.topic_cnt; ++i) {
        const auto& topic = metadata.topics[i];
        if (wanted.name != topic.topic || topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            continue;
        }
        if (topic.partition_cnt != wanted.partitions) {
            throw Error(ErrorKind::conflict, "kafka's topic " + wanted.name + " has " +
                                                 std::to_string(topic.partition_cnt) +
                                                 " partitions instead of " +
                                                 std::to_string(wanted.partitions));
        }
        for (int p = 0; p < topic.partition_cnt; ++p) {
            if (topic.partitions[p].leader < 0) {
                throw Error(ErrorKind::unavailable,
                            "kafka's topic " + wanted.name + " has a partition without a leader");
            }
        }
        return;
    }
    throw Error(ErrorKind::unavailable,
                "kafka has no topic " + wanted.name + ": run `somabrain topics`");
}

}  // namespace

KafkaAdmin::KafkaAdmin(const KafkaSettings& settings)
    : client_(KafkaClient::Kind::producer, settings, {}) {}

void KafkaAdmin::make(std::span<const KafkaTopic> topics, int replication,
                      const Deadline& deadline) {
    std::vector<Owned<rd_kafka_NewTopic_t>> owned;
    std::vector<rd_kafka_NewTopic_t*> raw;
    for (const KafkaTopic& topic : topics) {
        owned.push_back(wanted(topic, replication));
        raw.push_back(owned.back().get());
    }
    auto* const handle = client_.handle();
    const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle), &rd_kafka_queue_destroy);
    const Owned<rd_kafka_AdminOptions_t> options(
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS),
        &rd_kafka_AdminOptions_destroy);
    std::array<char, kReasonBytes> reason{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kafka_timeout_ms(deadline),
                                              reason.data(), reason.size());
    rd_kafka_CreateTopics(handle, raw.data(), raw.size(), options.get(), queue.get());
    const Owned<rd_kafka_event_t> answer(
        rd_kafka_queue_poll(queue.get(), kafka_timeout_ms(deadline)), &rd_kafka_event_destroy);
    if (answer == nullptr) {
        throw client_.error("making topics", RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer");
    }
    if (const auto code = rd_kafka_event_error(answer.get())) {
        throw client_.error("making topics", code, rd_kafka_event_error_string(answer.get()));
    }
    check_made(client_, answer.get());
    for (;;) {  // a broker tells of a new topic only when its controller's word has reached it
        try {
            return check(topics, deadline);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::unavailable || deadline.passed()) {
                throw;
            }
        }
        std::this_thread::sleep_for(kLookAgain);
    }
}

void KafkaAdmin::check(std::span<const KafkaTopic> topics, const Deadline& deadline) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(client_.handle(), /*all_topics=*/1, nullptr, &metadata,
                                        kafka_timeout_ms(deadline));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw client_.error("asking for topics", code, rd_kafka_err2str(code));
    }
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned(
        metadata, &rd_kafka_metadata_destroy);
    for (const KafkaTopic& topic : topics) {
        check_topic(topic, *metadata);
    }
}

}  // namespace soma::backends
