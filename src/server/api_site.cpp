#include "server/api_site.h"

#include <utility>

#include "server/error_reply.h"
#include "server/openapi/openapi.h"
#include "server/request_headers.h"

namespace soma::server {
namespace {

using services::Admission;
using services::RequestContext;

constexpr std::string_view kHealth = R"({"status":"ok"})";

/// What became of a request: the reply, and the error's detail for the log.
struct Outcome {
    HttpReply reply;
    std::string detail;
};

std::string log_detail(const Error& error) {
    return error.detail().empty() ? error.public_message()
                                  : error.public_message() + ": " + error.detail();
}

class Api {
  public:
    Api(const Routes& routes, Pipeline pipeline, std::chrono::milliseconds request_deadline)
        : routes_(routes),
          pipeline_(std::move(pipeline)),
          request_deadline_(request_deadline),
          openapi_(openapi_document(contract_services())) {
        routes_.check_complete();
        SOMA_ASSERT(pipeline_.admit && pipeline_.judge && pipeline_.refused,
                    "the gate is not connected");
    }

    /// Everything that can be known before the body is read, and before identity.
    Disposition dispose(const std::shared_ptr<const Api>& self, const RequestHead& head) const {
        const std::string_view path =
            std::string_view(head.target).substr(0, head.target.find('?'));
        if (path == "/health" || path == "/openapi.json") {
            return open_document(head, path == "/health" ? kHealth : openapi_);
        }
        auto found = routes_.find(head.verb, head.target);
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
        report({.request_id = head.request_id, .status = reply.status});
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
            begin_context(head, match.route->method->full_name(), request_deadline_);
        Outcome outcome = admit_and_handle(match, head, body, context);
        report({.method = context.method,
                .request_id = context.request_id,
                .trace_id = context.trace_id,
                .status = outcome.reply.status,
                .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
                    std::chrono::steady_clock::now() - begin),
                .detail = outcome.detail});
        return std::move(outcome.reply);
    }

    Outcome admit_and_handle(const Routes::Match& match, const RequestHead& head,
                             const std::string& body, RequestContext& context) const {
        std::shared_ptr<const Admission> admission;
        try {
            if (context.deadline.passed()) {
                throw Error(ErrorKind::deadline_exceeded, "no worker was free in time");
            }
            admission = pipeline_.admit(context);
        } catch (const Error& error) {
            return {error_reply(error, context.request_id), log_detail(error)};
        } catch (const std::exception& error) {
            return internal(error, context);
        }
        try {
            try {
                return {handle(match, head, body, context, admission), ""};
            } catch (const Error&) {
                throw;
            } catch (const std::exception& error) {
                throw Error(ErrorKind::internal, "unexpected", error.what());
            }
        } catch (const Error& error) {
            return refused(context, *admission, error);
        }
    }

    HttpReply handle(const Routes::Match& match, const RequestHead& head, const std::string& body,
                     RequestContext& context,
                     const std::shared_ptr<const Admission>& admission) const {
        const auto& options = *match.route->options;
        add_checked_headers(head, options.idempotent_write(), context);
        const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(
            match.route->method->input_type());
        const std::unique_ptr<google::protobuf::Message> request(prototype->New());
        if (options.max_body_bytes() > 0) {
            check_media_type(head);
            if (head.target.find('?') != std::string::npos) {
                throw invalid("", "this path takes no query parameters");
            }
            decode_json(body, match.parameters, *request);
        } else {
            decode_parameters(match.parameters, *request);
        }
        // The one place where a decoded request meets the law, whatever its method.
        const auto judged = pipeline_.judge(admission, *request);
        const auto answer = match.route->handler(context, *judged, *request);
        return {.status = static_cast<int>(options.success()), .body = encode_json(*answer)};
    }

    Outcome refused(const RequestContext& context, const Admission& admission,
                    const Error& error) const {
        try {
            pipeline_.refused(context, admission, error, http_status(error.kind()));
        } catch (const Error& owed) {
            return {error_reply(owed, context.request_id),
                    log_detail(error) + "; its record failed: " + log_detail(owed)};
        } catch (const std::exception& owed) {
            return internal(owed, context);
        }
        return {error_reply(error, context.request_id), log_detail(error)};
    }

    static Outcome internal(const std::exception& error, const RequestContext& context) {
        return {error_reply(Error(ErrorKind::internal, "unexpected"), context.request_id),
                error.what()};
    }

    void report(const Answered& answered) const {
        if (pipeline_.answered) {
            pipeline_.answered(answered);
        }
    }

    const Routes& routes_;
    const Pipeline pipeline_;
    const std::chrono::milliseconds request_deadline_;
    const std::string openapi_;
};

}  // namespace

Site make_api_site(const Routes& routes, Pipeline pipeline,
                   std::chrono::milliseconds request_deadline) {
    auto api = std::make_shared<const Api>(routes, std::move(pipeline), request_deadline);
    return [api](const RequestHead& head) { return api->dispose(api, head); };
}

}  // namespace soma::server
