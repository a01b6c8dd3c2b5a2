#include "backends/kafka/record_reader.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "support/stores/kafka_broker.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using test::shared_broker;

struct Topic {
    explicit Topic(int partitions) : name("test." + to_hex(random_bytes(8))) {
        shared_broker().make({{name, partitions}});
    }
    std::unique_ptr<TransactionalProducer> producer() const {
        auto out = std::make_unique<TransactionalProducer>(shared_broker().settings(), name);
        out->begin(Deadline(60s));
        return out;
    }
    void write(TransactionalProducer& producer, int partition, const std::string& value) const {
        std::vector<OutgoingRecord> one{{name, partition, "key", value, {{"h", value}}}};
        producer.commit(one, Deadline(30s));
    }
    std::vector<KafkaPartition> partitions(int count) const {
        std::vector<KafkaPartition> out;
        for (int p = 0; p < count; ++p) out.emplace_back(name, p);
        return out;
    }
    std::string name;
};

TEST(RecordReader, FindsTheLastRecordOfEachPartition) {
    const Topic topic(64);
    auto producer = topic.producer();
    for (int i = 0; i < 10; ++i) topic.write(*producer, i % 3 * 20, std::to_string(i));
    RecordReader reader(shared_broker().settings());
    const auto last = reader.last_records(topic.partitions(64), Deadline(30s)).records;
    ASSERT_EQ(last.size(), 3U);
    EXPECT_EQ(last.at({topic.name, 0}).value, "9");
    EXPECT_EQ(last.at({topic.name, 20}).value, "7");
    EXPECT_EQ(last.at({topic.name, 40}).value, "8");
    EXPECT_EQ(last.at({topic.name, 40}).key, "key");
    EXPECT_EQ(last.at({topic.name, 40}).headers, (KafkaHeaders{{"h", "8"}}));
}

TEST(RecordReader, LooksBehindAbortedRecordsHoweverMany) {
    const Topic topic(1);
    auto producer = topic.producer();
    topic.write(*producer, 0, "kept");
    for (int round = 0; round < 3; ++round) {
        // A partition that is not there fails the whole batch after its first records were sent.
        std::vector<OutgoingRecord> records(200, {topic.name, 0, "k", "aborted", {}});
        records.push_back({topic.name, 9, "k", "nowhere", {}});
        producer = topic.producer();
        EXPECT_THROW(producer->commit(records, Deadline(30s)), Error);
    }
    producer = topic.producer();
    RecordReader reader(shared_broker().settings());
    const auto last = reader.last_records(topic.partitions(1), Deadline(30s));
    ASSERT_EQ(last.records.size(), 1U);
    EXPECT_EQ(last.records.begin()->second.value, "kept");
    EXPECT_TRUE(last.undecided.empty());
}

TEST(RecordReader, SaysWhereATransactionHasNotEnded) {
    const Topic topic(2);
    auto producer = topic.producer();
    topic.write(*producer, 0, "kept");
    std::vector<OutgoingRecord> records(3, {topic.name, 0, "k", "left open", {}});
    records.push_back({topic.name, 9, "k", "nowhere", {}});
    EXPECT_THROW(producer->commit(records, Deadline(30s)), Error);
    RecordReader reader(shared_broker().settings());
    const auto open = reader.last_records(topic.partitions(2), Deadline(30s));
    EXPECT_EQ(open.records.at({topic.name, 0}).value, "kept");
    EXPECT_EQ(open.undecided, (std::set<KafkaPartition>{{topic.name, 0}}));
    producer = topic.producer();
    EXPECT_TRUE(reader.last_records(topic.partitions(2), Deadline(30s)).undecided.empty());
}

TEST(RecordReader, FollowsFromAnOffsetAndWaitsForMore) {
    const Topic topic(2);
    auto producer = topic.producer();
    for (const char* value : {"a", "b", "c"}) topic.write(*producer, 0, value);
    RecordReader all(shared_broker().settings());
    all.follow(std::vector<KafkaPosition>{{{topic.name, 0}, 0}, {{topic.name, 1}, 0}});
    EXPECT_EQ(all.next(30s)->value, "a");
    const auto second = all.next(30s);
    EXPECT_EQ(second->value, "b");
    EXPECT_EQ(all.next(30s)->value, "c");
    EXPECT_FALSE(all.next(200ms));
    topic.write(*producer, 1, "d");
    EXPECT_EQ(all.next(30s)->value, "d");
    RecordReader rest(shared_broker().settings());
    rest.follow(std::vector<KafkaPosition>{{{topic.name, 0}, second->offset + 1}});
    EXPECT_EQ(rest.next(30s)->value, "c");
}

TEST(RecordReader, AFrozenBrokerIsUnavailable) {
    const Topic topic(1);
    shared_broker().freeze();
    RecordReader reader(shared_broker().settings());
    try {
        reader.last_records(topic.partitions(1), Deadline(1s));
        ADD_FAILURE() << "who answered?";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
    EXPECT_FALSE(reader.next(100ms));
    shared_broker().thaw();
}

}  // namespace
}  // namespace soma::backends
