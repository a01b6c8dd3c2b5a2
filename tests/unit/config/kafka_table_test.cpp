#include "config/kafka_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

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
        if (name == "SOMABRAIN_KAFKA_PORT") return "9192";  // a stack here may say another
        if (name == "SOMABRAIN_RELAY_PORT") return "9798";
        if (name == "SOMABRAIN_POSTGRES_RELAY_PASSWORD") return "secret";
        if (name == "SOMABRAIN_KAFKA_SECURITY") return "tls";
        if (name == "SOMABRAIN_KAFKA_PASSWORD") return "relay's";
        if (name == "SOMABRAIN_KAFKA_ADMIN_PASSWORD") return "admin's";
        return std::nullopt;
    });
    EXPECT_EQ(config.kafka_brokers, "a,b:1");
    EXPECT_EQ(config.kafka_port, 9192);
    EXPECT_EQ(config.kafka_replication, 3);
    EXPECT_EQ(config.postgres_relay_user, "soma_relay");
    EXPECT_EQ(config.postgres_relay_password, "secret");
    EXPECT_EQ(config.relay_port, 9798);
    EXPECT_EQ(config.kafka_security, "tls");
    EXPECT_EQ(config.kafka_user, "soma-relay");
    EXPECT_EQ(config.kafka_password, "relay's");
    EXPECT_EQ(config.kafka_admin_user, "soma-admin");
    EXPECT_EQ(config.kafka_admin_password, "admin's");
}

TEST(KafkaTable, SecurityIsOneOfTwoAndPlaintextUnlessSaid) {
    const auto load_with = [](const std::string& security) {
        return load([&](const std::string& name) -> std::optional<std::string> {
            if (name == "SOMABRAIN_KAFKA_SECURITY" && !security.empty()) return security;
            return std::nullopt;
        });
    };
    EXPECT_EQ(load_with("").kafka_security, "plaintext");
    for (const char* wrong : {"TLS", "ssl", "sasl_ssl", "plaintext,tls"}) {
        EXPECT_THROW(load_with(wrong), Error) << wrong;
    }
}

}  // namespace
}  // namespace soma::config
