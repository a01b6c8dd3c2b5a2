#include "cli/relay/kafka_wiring.h"

#include <fstream>
#include <memory>
#include <sstream>

#include "cli/wiring.h"

namespace soma::cli {

backends::KafkaSettings kafka_settings(const config::Config& config) {
    backends::KafkaSettings settings;
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

services::RelaySettings relay_settings(const config::Config& config) {
    services::RelaySettings settings;
    settings.postgres = app_login(config);
    settings.postgres.user = config.postgres_relay_user;
    settings.postgres.password = config.postgres_relay_password;
    settings.kafka = kafka_settings(config);
    if (!config.relay_trace_file.empty()) {
        auto file = std::make_shared<std::ofstream>(config.relay_trace_file, std::ios::app);
        settings.trace = [file](const std::string& line) { *file << line << std::endl; };
    }
    return settings;
}

}  // namespace soma::cli
