#pragma once
#include "config/config.h"
#include "services/relay/relay.h"

namespace soma::cli {

/// As the relay's user.
backends::KafkaSettings kafka_settings(const config::Config& config);
/// As the administrator, who makes topics.
backends::KafkaSettings kafka_admin_settings(const config::Config& config);
services::RelaySettings relay_settings(const config::Config& config);

}  // namespace soma::cli
