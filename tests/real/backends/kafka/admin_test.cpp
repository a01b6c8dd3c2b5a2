#include "backends/kafka/admin.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "support/silent_port.h"
#include "support/stores/kafka_broker.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using test::shared_broker;

std::string fresh_topic() {
    return "test." + to_hex(random_bytes(8));
}

TEST(KafkaAdmin, MakesTopicsOnceAndChecksThem) {
    KafkaAdmin admin(shared_broker().settings());
    const std::vector<KafkaTopic> topics{{fresh_topic(), 3}, {fresh_topic(), 64}};
    try {
        admin.check(topics, Deadline(10s));
        FAIL() << "there is none yet";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_NE(error.public_message().find(topics[0].name), std::string::npos);
    }
    admin.make(topics, 1, Deadline(30s));
    admin.check(topics, Deadline(10s));
    admin.make(topics, 1, Deadline(30s));
}

TEST(KafkaAdmin, AnotherNumberOfPartitionsIsAConflictAndLeftAsItIs) {
    KafkaAdmin admin(shared_broker().settings());
    const std::string name = fresh_topic();
    admin.make(std::vector<KafkaTopic>{{name, 2}}, 1, Deadline(30s));
    for (const bool make : {true, false}) {
        try {
            const std::vector<KafkaTopic> more{{name, 4}};
            make ? admin.make(more, 1, Deadline(30s)) : admin.check(more, Deadline(10s));
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::conflict);
            EXPECT_NE(error.public_message().find("2 partitions instead of 4"), std::string::npos);
        }
    }
    admin.check(std::vector<KafkaTopic>{{name, 2}}, Deadline(10s));
}

TEST(KafkaAdmin, MoreCopiesThanBrokersIsRefused) {
    KafkaAdmin admin(shared_broker().settings());
    EXPECT_THROW(admin.make(std::vector<KafkaTopic>{{fresh_topic(), 1}}, 3, Deadline(10s)), Error);
}

TEST(KafkaAdmin, ABrokerThatSaysNothingIsUnavailable) {
    const test::SilentPort silent;
    KafkaAdmin admin({"127.0.0.1:" + std::to_string(silent.port()), 1s});
    try {
        admin.check(std::vector<KafkaTopic>{{"x", 1}}, Deadline(1s));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.public_message(), "kafka is not available");
    }
}

}  // namespace
}  // namespace soma::backends
