#pragma once
#include "config/config.h"
#include "services/relay/relay.h"

namespace soma::cli {

backends::KafkaSettings kafka_settings(const config::Config& config);
services::RelaySettings relay_settings(const config::Config& config);

}  // namespace soma::cli
