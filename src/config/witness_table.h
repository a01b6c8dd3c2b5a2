#pragma once
#include <span>

#include "config/config.h"

namespace soma::config {

/// The rows of settings() about the witness, and about asking one.
std::span<const Setting> witness_settings();

}  // namespace soma::config
