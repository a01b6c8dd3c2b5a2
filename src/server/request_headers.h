#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "server/http_types.h"
#include "services/gate/request_context.h"

namespace soma::server {

/// The context as far as admission needs it, and the event of a request that is not admitted:
/// bearer token, trace id, Soma-Telemetry-Ref, clock and deadline (which began when the body was
/// complete). Never throws: a header that cannot be read counts as absent.
services::RequestContext begin_context(const RequestHead& head, std::string method,
                                       std::chrono::milliseconds request_deadline);

/// A Host header's value: a name or an address, and a port (RFC 3986 §3.2.2). Empty is none.
bool is_legal_host(std::string_view host);

/// Throws Error(unsupported_media_type) unless the body is announced as plain JSON. Strict: a body
/// without a type is refused, since guessing one invites confusion attacks.
void check_media_type(const RequestHead& head);

/// Adds Idempotency-Key (for methods that take one) and checks Soma-Telemetry-Ref. Throws
/// Error(invalid_argument) at the header's name, also when one is given twice. Apart from
/// begin_context() because a refusal after admission owes an event and one before it does not.
void add_checked_headers(const RequestHead& head, bool takes_idempotency_key,
                         services::RequestContext& context);

/// "application/json", in any case, with at most a charset=utf-8 parameter.
bool is_json_media_type(std::string_view content_type);

/// The trace id of a W3C traceparent header, lower case; empty when it is not valid.
std::string trace_id_of(std::string_view traceparent);

}  // namespace soma::server
