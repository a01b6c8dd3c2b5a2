#pragma once
#include <functional>
#include <string>
#include <vector>

#include "server/http_types.h"

namespace soma::server {

enum class PartState { ok, degraded, down };

/// How one part of the process or one store is.
struct Part {
    std::string name;  ///< e.g. "postgres"
    PartState state = PartState::ok;
    std::string reason;  ///< why it is not ok, without secrets; empty when ok
};

/// What /ready tells. The whole is as bad as its worst part; `down` is answered 503, so a part that
/// requests can do without must call itself `degraded`.
struct ReadyReport {
    std::vector<Part> parts;
};

/// The operations listener: /health, /ready, /metrics (Prometheus text). Both functions may block
/// and may throw soma::Error; they are called by the listener's own worker.
Site make_operations_site(std::function<ReadyReport()> ready, std::function<std::string()> metrics);

}  // namespace soma::server
