#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace soma::backends {

/// Name and value, sent as given.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// One request to a server we were configured to talk to.
struct HttpRequest {
    std::string method = "GET";  ///< any token; OpenBao's LIST too
    std::string url;             ///< http:// or https://, nothing else
    HttpHeaders headers;
    std::string body;                            ///< sent when not empty
    std::size_t max_answer_bytes = 1024 * 1024;  ///< a longer answer is an error, never cut
    std::string ca_file;                         ///< PEM bundle for https; empty: the system's
};

/// The server's answer, whatever its status.
struct HttpAnswer {
    int status = 0;
    HttpHeaders headers;  ///< names in lower case
    std::string body;

    std::optional<std::string_view> header(std::string_view lower_case_name) const;
};

/// libcurl, once: connections are kept and reused, redirects are not followed, proxies from the
/// environment are ignored, signals are off. Thread-safe; each thread in a call holds one of a
/// bounded number of handles.
class HttpClient {
  public:
    HttpClient();
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Throws Error(unavailable) when no whole answer arrived before the deadline: refused, reset,
    /// too long, too late. The public message names no host; the detail does.
    HttpAnswer send(const HttpRequest& request, const Deadline& deadline);

  private:
    struct Handles;
    std::unique_ptr<Handles> handles_;
};

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3), '/' included.
std::string encode_path_segment(std::string_view text);

}  // namespace soma::backends
