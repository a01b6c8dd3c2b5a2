#include "server/corridor.h"

#include <utility>

#include "server/request_headers.h"

namespace soma::server {
namespace {

using services::Admission;
using services::RequestContext;

std::string log_detail(const Error& error) {
    return error.detail().empty() ? error.public_message()
                                  : error.public_message() + ": " + error.detail();
}

Corridor::Outcome failed(const Error& error, const RequestContext& context) {
    return {nullptr, refusal_of(error, context.request_id), log_detail(error)};
}

Corridor::Outcome internal(const std::exception& error, const RequestContext& context) {
    return {nullptr, refusal_of(Error(ErrorKind::internal, "unexpected"), context.request_id),
            error.what()};
}

}  // namespace

Corridor::Corridor(const Routes& routes, Pipeline pipeline,
                   std::chrono::milliseconds request_deadline)
    : routes_(routes), pipeline_(std::move(pipeline)), request_deadline_(request_deadline) {
    routes_.check_complete();
    SOMA_ASSERT(pipeline_.admit && pipeline_.judge && pipeline_.refused,
                "the gate is not connected");
}

Corridor::Outcome Corridor::run(const Route& route, const RequestHead& head,
                                RequestContext& context, const Decode& decode) const {
    std::shared_ptr<const Admission> admission;
    try {
        if (context.deadline.passed()) {
            throw Error(ErrorKind::deadline_exceeded, "no worker was free in time");
        }
        admission = pipeline_.admit(context);
    } catch (const Error& error) {
        return failed(error, context);
    } catch (const std::exception& error) {
        return internal(error, context);
    }
    try {
        try {
            return {handle(route, head, context, admission, decode), std::nullopt, ""};
        } catch (const Error&) {
            throw;
        } catch (const std::exception& error) {
            throw Error(ErrorKind::internal, "unexpected", error.what());
        }
    } catch (const Error& error) {
        return refused(context, *admission, error);
    }
}

std::unique_ptr<google::protobuf::Message> Corridor::handle(
    const Route& route, const RequestHead& head, RequestContext& context,
    const std::shared_ptr<const Admission>& admission, const Decode& decode) const {
    add_checked_headers(head, route.options->idempotent_write(), context);
    const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(
        route.method->input_type());
    const std::unique_ptr<google::protobuf::Message> request(prototype->New());
    decode(*request);
    // The one place where a decoded request meets the law, whatever its method.
    const auto judged = pipeline_.judge(admission, *request);
    return route.handler(context, *judged, *request);
}

Corridor::Outcome Corridor::refused(const RequestContext& context, const Admission& admission,
                                    const Error& error) const {
    try {
        pipeline_.refused(context, admission, error, http_status(error.kind()));
    } catch (const Error& owed) {
        return {nullptr, refusal_of(owed, context.request_id),
                log_detail(error) + "; its record failed: " + log_detail(owed)};
    } catch (const std::exception& owed) {
        return internal(owed, context);
    }
    return failed(error, context);
}

void Corridor::report(const Answered& answered) const {
    if (pipeline_.answered) {
        pipeline_.answered(answered);
    }
}

}  // namespace soma::server
