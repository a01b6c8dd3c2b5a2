#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "server/http_types.h"

namespace soma::server {

/// Status line and headers of a reply, with the empty line; the body follows unless the request was
/// HEAD. `is_http_1_0` matters for how keep-alive is said.
std::string reply_head(const HttpReply& reply, std::string_view request_id, bool keep_alive,
                       bool is_http_1_0, std::chrono::system_clock::time_point now);

}  // namespace soma::server
