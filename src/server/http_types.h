#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soma::server {

/// HTTP as the rest of the server sees it: plain values, no sockets and no Beast.

using Header = std::pair<std::string, std::string>;

/// The request line and headers, within their limits.
struct RequestHead {
    std::string verb;                                  ///< upper case
    std::string target;                                ///< as sent: path and query
    std::vector<Header> headers;                       ///< names in lower case, in the order sent
    std::string request_id;                            ///< made here
    std::chrono::steady_clock::time_point received{};  ///< when the body was complete
};

/// The value of a header; nullopt when it was not sent. Sent more than once, its values are joined
/// by ", " (RFC 9110 §5.3), which no single-valued header of ours accepts.
std::optional<std::string> find_header(const RequestHead& head, std::string_view name);

struct HttpReply {
    int status = 200;
    std::string content_type = "application/json";
    std::string body = {};
    std::vector<Header> headers = {};
};

/// What a listener makes of a request head: either an answer at once, or how to go on.
struct Disposition {
    std::optional<HttpReply> refusal;  ///< answered without reading the body
    std::uint64_t max_body_bytes = 0;  ///< larger bodies are answered 413 before they are read
    std::function<HttpReply(const RequestHead&, std::string body)> run;  ///< called by a worker
};

/// One listener's content. Must be safe to call from several threads and must not throw; `run` may
/// block, the function itself may not.
using Site = std::function<Disposition(const RequestHead&)>;

}  // namespace soma::server
