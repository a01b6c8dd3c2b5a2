#include "backends/kafka/transactional_producer.h"

#include <librdkafka/rdkafka.h>

namespace soma::backends {
namespace {

KafkaOptions options(const std::string& name) {
    const std::string timeout = std::to_string(TransactionalProducer::kTransactionTimeout.count());
    return {{"transactional.id", name},  // with it: idempotent, acks=all
            {"transaction.timeout.ms", timeout},
            {"message.timeout.ms", timeout},
            {"allow.auto.create.topics", "false"},
            {"linger.ms", "0"}};  // a commit sends what there is
}

rd_kafka_vu_t header(const std::pair<std::string, std::string>& pair) {
    rd_kafka_vu_t out{};
    out.vtype = RD_KAFKA_VTYPE_HEADER;
    out.u.header.name = pair.first.c_str();
    out.u.header.val = pair.second.data();
    out.u.header.size = static_cast<ssize_t>(pair.second.size());
    return out;
}

rd_kafka_vu_t bytes(rd_kafka_vtype_t type, std::string_view value) {
    rd_kafka_vu_t out{};
    out.vtype = type;
    // librdkafka copies them: the flag below.
    out.u.mem.ptr = const_cast<char*>(value.data());
    out.u.mem.size = value.size();
    return out;
}

}  // namespace

TransactionalProducer::TransactionalProducer(const KafkaSettings& settings, const std::string& name)
    : client_(KafkaClient::Kind::producer, settings, options(name)) {}

void TransactionalProducer::begin(const Deadline& deadline) {
    client_.check("beginning as the only producer",
                  rd_kafka_init_transactions(client_.handle(), kafka_timeout_ms(deadline)));
}

void TransactionalProducer::commit(std::span<const OutgoingRecord> records,
                                   const Deadline& deadline) {
    SOMA_ASSERT(!spent_, "a producer whose commit failed is not used again");
    spent_ = true;
    client_.check("beginning a transaction", rd_kafka_begin_transaction(client_.handle()));
    for (const OutgoingRecord& record : records) {
        produce(record);
    }
    // Waits for every record first; one that was not written fails the commit.
    client_.check("committing",
                  rd_kafka_commit_transaction(client_.handle(), kafka_timeout_ms(deadline)));
    spent_ = false;
}

void TransactionalProducer::abort_in(const std::set<KafkaPartition>& partitions,
                                     const Deadline& deadline) {
    SOMA_ASSERT(!spent_, "a producer whose commit failed is not used again");
    spent_ = true;
    client_.check("beginning a transaction", rd_kafka_begin_transaction(client_.handle()));
    for (const auto& [topic, partition] : partitions) {
        produce({topic, partition, {}, {}, {}});
    }
    // What has not reached a partition by then does not make it part of the transaction.
    if (const auto code = rd_kafka_flush(client_.handle(), kafka_timeout_ms(deadline));
        code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw client_.error("ending what was left open", code, rd_kafka_err2str(code));
    }
    client_.check("ending what was left open",
                  rd_kafka_abort_transaction(client_.handle(), kafka_timeout_ms(deadline)));
    spent_ = false;
}

void TransactionalProducer::produce(const OutgoingRecord& record) {
    const std::string topic(record.topic);
    std::vector<rd_kafka_vu_t> parts(3);
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = record.partition;
    parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[2].u.i = RD_KAFKA_MSG_F_COPY;
    parts.push_back(bytes(RD_KAFKA_VTYPE_KEY, record.key));
    parts.push_back(bytes(RD_KAFKA_VTYPE_VALUE, record.value));
    for (const auto& pair : record.headers) {
        parts.push_back(header(pair));
    }
    client_.check("writing a record",
                  rd_kafka_produceva(client_.handle(), parts.data(), parts.size()));
}

}  // namespace soma::backends
