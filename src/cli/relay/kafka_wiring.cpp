#include "cli/relay/kafka_wiring.h"

#include <sstream>

#include "cli/wiring.h"

namespace soma::cli {

namespace {

backends::KafkaSettings settings_as(const config::Config& config, const std::string& user,
                                    const std::string& password) {
    backends::KafkaSettings settings;
    if (config.kafka_security == "tls") {
        settings.login = backends::KafkaLogin{config.kafka_ca_file, user, password};
    }
    std::istringstream hosts(config.kafka_brokers);
    for (std::string host; std::getline(hosts, host, ',');) {
        settings.brokers += settings.brokers.empty() ? "" : ",";
        settings.brokers += host;
        if (host.find(':') == std::string::npos) {
            settings.brokers += ":" + std::to_string(config.kafka_port);
        }
    }
    return settings;
}

}  // namespace

backends::KafkaSettings kafka_settings(const config::Config& config) {
    return settings_as(config, config.kafka_user, config.kafka_password);
}

backends::KafkaSettings kafka_admin_settings(const config::Config& config) {
    return settings_as(config, config.kafka_admin_user, config.kafka_admin_password);
}

services::RelaySettings relay_settings(const config::Config& config) {
    services::RelaySettings settings;
    settings.postgres = app_login(config);
    settings.postgres.user = config.postgres_relay_user;
    settings.postgres.password = config.postgres_relay_password;
    settings.kafka = kafka_settings(config);
    if (!config.relay_trace_file.empty()) {
        settings.trace = trace_file(config.relay_trace_file);
    }
    return settings;
}

}  // namespace soma::cli
