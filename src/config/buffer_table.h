#pragma once
#include <span>

#include "config/config.h"

namespace soma::config {

/// The rows of settings() about the Redis server `buffer`.
std::span<const Setting> buffer_settings();

}  // namespace soma::config
