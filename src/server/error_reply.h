#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "server/http_types.h"
#include "somabrain/v1/problem.pb.h"

namespace soma::server {

/// Troubles that belong to HTTP itself and have no ErrorKind.
enum class HttpTrouble {
    malformed,  ///< not HTTP/1.1 as we read it
    no_such_path,
    method_not_allowed,  ///< add the Allow header
    request_timeout,     ///< headers or body came too slowly
    expectation_failed,
    headers_too_large,
};

/// The only file that knows HTTP's numbers for our errors. Every answer that is no success is
/// application/problem+json (RFC 9457): type, title, status, detail, request_id and, where one
/// value is to blame, `field` (a JSON pointer or a header's name). A refusal by the constitution
/// names its `article`, with at most 1,024 bytes of `article_text`, and, where the utility was too
/// low, its figures as `utility`.

int http_status(ErrorKind kind);

/// What a caller is told of an error, over whichever transport.
struct Refusal {
    ErrorKind kind = ErrorKind::internal;
    somabrain::v1::Problem problem;
    std::vector<Header> headers;  ///< Retry-After, WWW-Authenticate
};

/// `internal` is answered with a generic sentence; its message and detail are for the log. Adds
/// Retry-After to 429 and 503, WWW-Authenticate to 401. Takes the error itself and no copy: a
/// refusal of the utility gate has figures that a copy of its base would lose.
Refusal refusal_of(const Error& error, std::string_view request_id);
HttpReply to_reply(const Refusal& refusal);
HttpReply error_reply(const Error& error, std::string_view request_id);
HttpReply trouble_reply(HttpTrouble trouble, std::string_view detail, std::string_view request_id);

}  // namespace soma::server
