#pragma once
#include <span>

#include "config/config.h"

namespace soma::config {

/// The rows of settings() about Kafka and about the relay.
std::span<const Setting> kafka_settings();

}  // namespace soma::config
