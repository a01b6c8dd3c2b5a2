#include "config/kafka_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace soma::config {
namespace {

TEST(KafkaTable, ItsRowsEndTheTableInTheirOrder) {
    const auto all = settings();
    const auto ours = kafka_settings();
    ASSERT_GE(all.size(), ours.size());
    EXPECT_TRUE(std::equal(ours.begin(), ours.end(), all.end() - static_cast<long>(ours.size()),
                           [](const Setting& a, const Setting& b) { return a.env == b.env; }));
}

TEST(KafkaTable, IsReadLikeTheRest) {
    const auto config = load([](const std::string& name) -> std::optional<std::string> {
        if (name == "SOMABRAIN_KAFKA_BROKERS") return "a,b:1";
        if (name == "SOMABRAIN_POSTGRES_RELAY_PASSWORD") return "secret";
        return std::nullopt;
    });
    EXPECT_EQ(config.kafka_brokers, "a,b:1");
    EXPECT_EQ(config.kafka_port, 9092);
    EXPECT_EQ(config.kafka_replication, 3);
    EXPECT_EQ(config.postgres_relay_user, "soma_relay");
    EXPECT_EQ(config.postgres_relay_password, "secret");
    EXPECT_EQ(config.relay_port, 9698);
}

}  // namespace
}  // namespace soma::config
