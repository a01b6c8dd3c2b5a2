#include "cli/client/api_client.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/error.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

/// A batch of long texts takes a while to embed.
constexpr std::chrono::seconds kRequestTime{120};
constexpr std::size_t kMaxAnswerBytes = 16 << 20;
constexpr int kFirstRefusal = 300;

Problem problem_of(const backends::HttpAnswer& answer) {
    Problem problem{answer.status, "the service answered " + std::to_string(answer.status), ""};
    boost::system::error_code failed;
    const auto value = json::parse(answer.body, failed);
    if (!failed && value.is_object()) {
        const auto text = [&value](std::string_view name) {
            const auto* member = value.get_object().if_contains(name);
            return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                            : std::string();
        };
        problem.detail = text("detail");
        problem.field = text("field");
    }
    return problem;
}

}  // namespace

ApiClient::ApiClient(const config::Config& config)
    : url_(config.url.empty() ? "http://127.0.0.1:" + std::to_string(config.http_port)
                              : config.url),
      token_(config.token) {
    if (token_.empty()) {
        throw Error(ErrorKind::unauthenticated, "SOMABRAIN_TOKEN is not set");
    }
}

json::object ApiClient::post(const std::string& path, const json::object& body,
                             const std::string& idempotency_key) {
    json::object answer;
    if (const auto problem = try_post(path, json::serialize(body), idempotency_key, answer)) {
        throw Error(ErrorKind::invalid_argument, problem->detail);
    }
    return answer;
}

std::optional<Problem> ApiClient::try_post(const std::string& path, std::string body,
                                           const std::string& idempotency_key,
                                           json::object& answer) {
    backends::HttpRequest request;
    request.method = "POST";
    request.url = url_ + path;
    request.headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}};
    if (!idempotency_key.empty()) {
        request.headers.emplace_back("Idempotency-Key", idempotency_key);
    }
    request.body = std::move(body);
    request.max_answer_bytes = kMaxAnswerBytes;
    const auto reply = send(std::move(request));
    if (reply.status >= kFirstRefusal) {
        return problem_of(reply);
    }
    answer = json::parse(reply.body).as_object();
    return std::nullopt;
}

std::string ApiClient::get(const std::string& path) {
    std::string body;
    if (const auto problem = try_get(path, body)) {
        throw Error(ErrorKind::invalid_argument, problem->detail);
    }
    return body;
}

std::optional<Problem> ApiClient::try_get(const std::string& path, std::string& body) {
    backends::HttpRequest request;
    request.url = url_ + path;
    request.headers = {{"Authorization", "Bearer " + token_}};
    request.max_answer_bytes = kMaxAnswerBytes;
    auto reply = send(std::move(request));
    if (reply.status >= kFirstRefusal) {
        return problem_of(reply);
    }
    body = std::move(reply.body);
    return std::nullopt;
}

backends::HttpAnswer ApiClient::send(backends::HttpRequest request) {
    if (!telemetry_ref_.empty()) {
        request.headers.emplace_back("Soma-Telemetry-Ref", telemetry_ref_);
    }
    try {
        return http_.send(request, Deadline(kRequestTime));
    } catch (const Error& error) {
        throw Error(error.kind(),
                    "no answer from " + url_ +
                        " (./dev up starts a service here, SOMABRAIN_URL names another)",
                    error.detail());
    }
}

}  // namespace soma::cli
