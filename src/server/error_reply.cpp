#include "server/error_reply.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "base/sensitive/classify.h"
#include "base/unicode.h"
#include "domain/planner/utility_refusal.h"
#include "server/codec/codec.h"

namespace soma::server {
namespace {

/// The last segment of the problem's type, its one-line title and its number.
struct Problem {
    std::string_view name;
    std::string_view title;
    int status;
};

Problem problem_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid_argument:
            return {"invalid_argument", "The request breaks a limit", 400};
        case ErrorKind::payload_too_large:
            return {"payload_too_large", "The body is too large", 413};
        case ErrorKind::unsupported_media_type:
            return {"unsupported_media_type", "The body must be application/json", 415};
        case ErrorKind::unauthenticated:
            return {"unauthenticated", "No valid credentials", 401};
        case ErrorKind::permission_denied:
            return {"permission_denied", "Not allowed", 403};
        case ErrorKind::not_found:
            return {"not_found", "Not found", 404};
        case ErrorKind::already_exists:
            return {"already_exists", "Exists already", 409};
        case ErrorKind::conflict:
            return {"conflict", "In conflict with the present state", 409};
        case ErrorKind::idempotency_reused:
            return {"idempotency_reused", "The Idempotency-Key belongs to another request", 422};
        case ErrorKind::resource_exhausted:
            return {"resource_exhausted", "Too many requests", 429};
        case ErrorKind::unavailable:
            return {"unavailable", "Unavailable: try again later", 503};
        case ErrorKind::deadline_exceeded:
            return {"deadline_exceeded", "The request's time ran out", 504};
        case ErrorKind::internal:
            break;
    }
    return {"internal", "Our own mistake", 500};
}

Problem problem_of(HttpTrouble trouble) {
    switch (trouble) {
        case HttpTrouble::malformed:
            return {"malformed_http", "Not HTTP/1.1", 400};
        case HttpTrouble::no_such_path:
            return {"no_such_path", "No such path", 404};
        case HttpTrouble::method_not_allowed:
            return {"method_not_allowed", "The path has no such method", 405};
        case HttpTrouble::request_timeout:
            return {"request_timeout", "The request came too slowly", 408};
        case HttpTrouble::expectation_failed:
            return {"expectation_failed", "Only 100-continue can be expected", 417};
        case HttpTrouble::headers_too_large:
            break;
    }
    return {"headers_too_large", "The request's headers are too large", 431};
}

/// Of an article's words a problem has this much; all of them are in the constitution.
constexpr std::size_t kMaxArticleText = 1024;

/// Problems quote what was sent; where they end up, in logs and tickets, is not ours to say.
std::string shown(std::string_view text) {
    return redact_text(text, kAllTextClasses);
}

somabrain::v1::Problem make_problem(const Problem& problem, std::string_view detail,
                                    std::string_view request_id) {
    somabrain::v1::Problem made;
    made.set_type("urn:somabrain:problem:" + std::string(problem.name));
    made.set_title(std::string(problem.title));
    made.set_status(problem.status);
    if (!detail.empty()) {
        made.set_detail(shown(detail));
    }
    made.set_request_id(std::string(request_id));
    return made;
}

HttpReply make_reply(const somabrain::v1::Problem& problem) {
    return {.status = problem.status(),
            .content_type = "application/problem+json",
            .body = encode_json(problem)};
}

/// What an error names beside its words: the value to blame, the article, the figures.
void add_grounds(const Error& error, somabrain::v1::Problem& problem) {
    if (!error.field().empty()) {
        problem.set_field(shown(error.field()));
    }
    if (!error.article().empty()) {
        const std::string& text = error.article_text();
        const std::size_t end = floor_boundary(text, std::min(text.size(), kMaxArticleText));
        problem.set_article(shown(error.article()));
        problem.set_article_text(shown(end == text.size() ? text : text.substr(0, end) + "…"));
    }
    if (const auto* refusal = dynamic_cast<const domain::UtilityRefusal*>(&error)) {
        problem.set_utility(to_canonical_json(domain::to_json(refusal->figures())));
    }
}

}  // namespace

int http_status(ErrorKind kind) {
    return problem_of(kind).status;
}

Refusal refusal_of(const Error& error, std::string_view request_id) {
    Refusal refusal{.kind = error.kind(), .problem = {}, .headers = {}};
    const Problem problem = problem_of(error.kind());
    if (error.kind() == ErrorKind::internal) {
        refusal.problem = make_problem(
            problem, "the fault is ours; the log knows it by its request_id", request_id);
        return refusal;
    }
    const std::string detail = error.field().empty()
                                   ? error.public_message()
                                   : error.field() + ": " + error.public_message();
    refusal.problem = make_problem(problem, detail, request_id);
    add_grounds(error, refusal.problem);
    if (error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::resource_exhausted) {
        refusal.headers.emplace_back("Retry-After", std::to_string(error.retry_after_seconds()));
    }
    if (error.kind() == ErrorKind::unauthenticated) {
        refusal.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"somabrain\"");
    }
    return refusal;
}

HttpReply to_reply(const Refusal& refusal) {
    HttpReply reply = make_reply(refusal.problem);
    reply.headers = refusal.headers;
    return reply;
}

HttpReply error_reply(const Error& error, std::string_view request_id) {
    return to_reply(refusal_of(error, request_id));
}

HttpReply trouble_reply(HttpTrouble trouble, std::string_view detail, std::string_view request_id) {
    return make_reply(make_problem(problem_of(trouble), detail, request_id));
}

}  // namespace soma::server
