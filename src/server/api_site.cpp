#include "server/api_site.h"

#include <utility>

#include "server/error_reply.h"
#include "server/openapi/openapi.h"
#include "server/request_headers.h"

namespace soma::server {
namespace {

using services::RequestContext;

constexpr std::string_view kHealth = R"({"status":"ok"})";

class Api {
  public:
    explicit Api(const Corridor& corridor)
        : corridor_(corridor), openapi_(openapi_document(contract_services())) {}

    /// Everything that can be known before the body is read, and before identity.
    Disposition dispose(const std::shared_ptr<const Api>& self, const RequestHead& head) const {
        const std::string_view path =
            std::string_view(head.target).substr(0, head.target.find('?'));
        if (path == "/health" || path == "/openapi.json") {
            return open_document(head, path == "/health" ? kHealth : openapi_);
        }
        auto found = corridor_.routes().find(head.verb, head.target);
        if (std::holds_alternative<Routes::NoSuchPath>(found)) {
            return refuse(trouble_reply(HttpTrouble::no_such_path, "", head.request_id), head);
        }
        if (const auto* wrong = std::get_if<Routes::WrongVerb>(&found)) {
            return refuse(not_allowed(head, wrong->allow), head);
        }
        auto& match = std::get<Routes::Match>(found);
        const std::uint64_t max_body = match.route->options->max_body_bytes();
        return {std::nullopt, max_body,
                [self, match = std::move(match)](const RequestHead& request, std::string body) {
                    return self->run(match, request, body);
                }};
    }

  private:
    static HttpReply not_allowed(const RequestHead& head, std::string allow) {
        HttpReply reply =
            trouble_reply(HttpTrouble::method_not_allowed, "allowed: " + allow, head.request_id);
        reply.headers.emplace_back("Allow", std::move(allow));
        return reply;
    }

    Disposition refuse(HttpReply reply, const RequestHead& head) const {
        corridor_.report({.request_id = head.request_id, .status = reply.status});
        return {std::move(reply), 0, {}};
    }

    Disposition open_document(const RequestHead& head, std::string_view document) const {
        if (head.verb != "GET" && head.verb != "HEAD") {
            return refuse(not_allowed(head, "GET, HEAD"), head);
        }
        return refuse(HttpReply{.body = std::string(document)}, head);
    }

    HttpReply run(const Routes::Match& match, const RequestHead& head,
                  const std::string& body) const {
        const auto begin = std::chrono::steady_clock::now();
        RequestContext context =
            begin_context(head, match.route->method->full_name(), corridor_.request_deadline());
        const auto outcome = corridor_.run(
            *match.route, head, context,
            [&](google::protobuf::Message& request) { decode(match, head, body, request); });
        HttpReply reply =
            outcome.refusal ? to_reply(*outcome.refusal)
                            : HttpReply{.status = static_cast<int>(match.route->options->success()),
                                        .body = encode_json(*outcome.answer)};
        corridor_.report({.method = context.method,
                          .request_id = context.request_id,
                          .trace_id = context.trace_id,
                          .status = reply.status,
                          .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
                              std::chrono::steady_clock::now() - begin),
                          .detail = outcome.detail});
        return reply;
    }

    static void decode(const Routes::Match& match, const RequestHead& head, const std::string& body,
                       google::protobuf::Message& request) {
        if (match.route->options->max_body_bytes() == 0) {
            return decode_parameters(match.parameters, request);
        }
        check_media_type(head);
        if (head.target.find('?') != std::string::npos) {
            throw invalid("", "this path takes no query parameters");
        }
        decode_json(body, match.parameters, request);
    }

    const Corridor& corridor_;
    const std::string openapi_;
};

}  // namespace

Site make_api_site(const Corridor& corridor) {
    auto api = std::make_shared<const Api>(corridor);
    return [api](const RequestHead& head) { return api->dispose(api, head); };
}

}  // namespace soma::server
