#pragma once
#include <span>

#include "config/config.h"

namespace soma::config {

/// The rows of settings() about memory: how it is searched and how long it is kept.
std::span<const Setting> memory_settings();

}  // namespace soma::config
