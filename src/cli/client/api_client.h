#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <utility>

#include "backends/http/client.h"
#include "config/config.h"

namespace soma::cli {

/// What the service refused, in its own words.
struct Problem {
    int status = 0;
    std::string detail;
    std::string field;  ///< JSON pointer, or empty
};

/// The client commands' way to a running service. Not thread-safe.
class ApiClient {
  public:
    /// Throws Error when no token is set (SOMABRAIN_TOKEN).
    explicit ApiClient(const config::Config& config);

    /// The answer of a successful request. Throws Error with the problem's words otherwise.
    boost::json::object post(const std::string& path, const boost::json::object& body,
                             const std::string& idempotency_key = {});
    /// The same with a body that is JSON already, and a refused request is a value. Trouble on the
    /// way still throws.
    std::optional<Problem> try_post(const std::string& path, std::string body,
                                    const std::string& idempotency_key,
                                    boost::json::object& answer);

    /// The body of a successful GET. Throws Error with the problem's words otherwise.
    std::string get(const std::string& path);
    /// The same, and a refused request is a value.
    std::optional<Problem> try_get(const std::string& path, std::string& body);

    /// Sent with every request from now on: what the events of these requests are told apart by.
    void set_telemetry_ref(std::string ref) { telemetry_ref_ = std::move(ref); }

    const std::string& url() const { return url_; }
    const std::string& token() const { return token_; }

  private:
    backends::HttpAnswer send(backends::HttpRequest request);

    std::string url_;
    std::string token_;
    std::string telemetry_ref_;
    backends::HttpClient http_;
};

}  // namespace soma::cli
