#include "backends/kafka/transactional_producer.h"

#include <gtest/gtest.h>

#include <thread>

#include "backends/kafka/record_reader.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "support/stores/kafka_broker.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using test::shared_broker;

std::string fresh_topic(int partitions = 2) {
    const std::string name = "test." + to_hex(random_bytes(8));
    shared_broker().make({{name, partitions}});
    return name;
}

/// What a reader from the beginning sees of a partition, up to a record whose value is "end".
std::vector<std::string> read_all(const std::string& topic, int partition) {
    RecordReader reader(shared_broker().settings());
    reader.follow(std::vector<KafkaPosition>{{{topic, partition}, 0}});
    std::vector<std::string> out;
    while (const auto record = reader.next(30s)) {
        if (record->value == "end") return out;
        out.push_back(record->value);
    }
    ADD_FAILURE() << "no end in partition " << partition;
    return out;
}

void write(TransactionalProducer& producer, const std::string& topic,
           const std::vector<std::pair<int, std::string>>& records) {
    std::vector<OutgoingRecord> out;
    for (const auto& [partition, value] : records) {
        out.push_back({topic, partition, "key", value, {{"a", "1"}, {"b", ""}}});
    }
    producer.commit(out, Deadline(30s));
}

TEST(TransactionalProducer, WritesWhatReadersSeeInOrder) {
    const std::string topic = fresh_topic();
    TransactionalProducer producer(shared_broker().settings(), topic);
    producer.begin(Deadline(30s));
    write(producer, topic, {{0, "a"}, {1, "x"}, {0, "b"}});
    write(producer, topic, {{0, std::string("c\0\xff", 3)}, {0, ""}, {0, "end"}, {1, "end"}});
    EXPECT_EQ(read_all(topic, 0),
              (std::vector<std::string>{"a", "b", std::string("c\0\xff", 3), ""}));
    EXPECT_EQ(read_all(topic, 1), (std::vector<std::string>{"x"}));
}

TEST(TransactionalProducer, NobodySeesWhatItAbortedAndItGoesOn) {
    const std::string topic = fresh_topic();
    TransactionalProducer producer(shared_broker().settings(), topic);
    producer.begin(Deadline(30s));
    write(producer, topic, {{0, "a"}});
    producer.abort_in({{topic, 0}, {topic, 1}}, Deadline(30s));
    write(producer, topic, {{0, "b"}, {0, "end"}, {1, "end"}});
    EXPECT_EQ(read_all(topic, 0), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(read_all(topic, 1).empty());
}

TEST(TransactionalProducer, OfTwoWithOneNameTheLaterIsAlone) {
    const std::string topic = fresh_topic();
    TransactionalProducer first(shared_broker().settings(), topic);
    first.begin(Deadline(30s));
    write(first, topic, {{0, "a"}});
    TransactionalProducer second(shared_broker().settings(), topic);
    second.begin(Deadline(30s));
    try {
        write(first, topic, {{0, "of the past"}});
        FAIL() << "the first goes on";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::conflict) << error.detail();
    }
    write(second, topic, {{0, "b"}, {0, "end"}});
    EXPECT_EQ(read_all(topic, 0), (std::vector<std::string>{"a", "b"}));
}

TEST(TransactionalProducer, AFailedCommitIsTheProducersLast) {
    const std::string topic = fresh_topic();
    TransactionalProducer producer(shared_broker().settings(), topic);
    producer.begin(Deadline(30s));
    EXPECT_THROW(write(producer, topic, {{0, "a"}, {7, "no such partition"}}), Error);
    EXPECT_DEATH(write(producer, topic, {{0, "b"}}), "not used again");
    TransactionalProducer next(shared_broker().settings(), topic);
    next.begin(Deadline(30s));
    write(next, topic, {{0, "b"}, {0, "end"}});
    EXPECT_EQ(read_all(topic, 0), (std::vector<std::string>{"b"})) << "all or nothing";
}

TEST(TransactionalProducer, AFrozenBrokerIsUnavailableAndNothingIsHalfWritten) {
    const std::string topic = fresh_topic();
    auto frozen = std::make_unique<TransactionalProducer>(shared_broker().settings(), topic);
    frozen->begin(Deadline(30s));
    write(*frozen, topic, {{0, "a"}});
    shared_broker().freeze();
    try {
        std::vector<OutgoingRecord> records{{topic, 0, "k", "b", {}}, {topic, 1, "k", "b", {}}};
        frozen->commit(records, Deadline(1s));
        ADD_FAILURE() << "who answered?";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.detail();
    }
    shared_broker().thaw();
    frozen.reset();
    TransactionalProducer next(shared_broker().settings(), topic);
    next.begin(Deadline(60s));
    write(next, topic, {{0, "c"}, {0, "end"}, {1, "end"}});
    const auto one = read_all(topic, 1);
    const std::vector<std::string> with{"a", "b", "c"}, without{"a", "c"};
    EXPECT_EQ(read_all(topic, 0), one.empty() ? without : with);
}

TEST(TransactionalProducer, AKilledBrokerKeepsWhatWasCommitted) {
    const std::string topic = fresh_topic();
    {
        TransactionalProducer producer(shared_broker().settings(), topic);
        producer.begin(Deadline(30s));
        for (int i = 0; i < 20; ++i) write(producer, topic, {{0, std::to_string(i)}});
        shared_broker().kill_now();
        std::vector<OutgoingRecord> records{{topic, 0, "k", "lost", {}}};
        EXPECT_THROW(producer.commit(records, Deadline(1s)), Error);
    }
    shared_broker().start();
    TransactionalProducer next(shared_broker().settings(), topic);
    next.begin(Deadline(60s));
    write(next, topic, {{0, "end"}});
    std::vector<std::string> wanted;
    for (int i = 0; i < 20; ++i) wanted.push_back(std::to_string(i));
    EXPECT_EQ(read_all(topic, 0), wanted);
}

}  // namespace
}  // namespace soma::backends
