#include "backends/kafka/client.h"

#include <gtest/gtest.h>

namespace soma::backends {
namespace {

using namespace std::chrono_literals;

TEST(KafkaClient, AnOptionThatIsNoneIsOurMistake) {
    try {
        KafkaClient(KafkaClient::Kind::producer, {"127.0.0.1:1", 1s}, {{"no.such.option", "1"}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::internal);
        EXPECT_NE(error.detail().find("no.such.option"), std::string::npos);
    }
}

TEST(KafkaClient, AnAuthoritysFileThatIsNotThereIsNamed) {
    try {
        KafkaClient(KafkaClient::Kind::producer,
                    {"127.0.0.1:1", 1s, KafkaLogin{"/nowhere/ca.pem", "user", "secret"}}, {});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.detail(), "/nowhere/ca.pem");
    }
}

TEST(KafkaClient, OpensNothingBeforeItIsUsedAndEndsAtOnce) {
    for (const auto kind : {KafkaClient::Kind::producer, KafkaClient::Kind::consumer}) {
        const KafkaClient client(kind, {"127.0.0.1:1", 1s}, {});
        EXPECT_NE(client.handle(), nullptr);
    }
}

TEST(KafkaClient, ATimeoutIsNeverZero) {
    EXPECT_EQ(kafka_timeout_ms(Deadline(-5ms)), 1);
    EXPECT_GT(kafka_timeout_ms(Deadline(5s)), 1);
    EXPECT_LE(kafka_timeout_ms(Deadline(std::chrono::hours(48))), 3'600'000);
}

}  // namespace
}  // namespace soma::backends
