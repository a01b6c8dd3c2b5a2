#pragma once
#include <string>

#include "base/time.h"

namespace soma::services {

/// Who asks and what they may do, once the gate has let them in. The gate defines it; the server
/// only carries it from `admit` to the handler.
struct Admission;

/// What is known of a request before its body is decoded. Made by the server, one per request;
/// read-only afterwards, so any thread may read it while the request lives.
struct RequestContext {
    std::string method;           ///< full name, e.g. "somabrain.v1.Memory.Remember"
    std::string bearer_token;     ///< from Authorization; a secret, never logged; empty: none sent
    std::string idempotency_key;  ///< 1 to 128 printable ASCII; empty: none sent
    std::string telemetry_ref;    ///< the caller's own trace or run id, ≤ 256 printable ASCII
    std::string request_id;       ///< UUIDv7, returned in the Request-Id header
    std::string trace_id;         ///< 32 hex digits of a valid traceparent; empty otherwise
    Time now{};                   ///< the one reading of the clock for this request
    Deadline deadline;            ///< what is left for all of it
};

}  // namespace soma::services
