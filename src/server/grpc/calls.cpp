#include "server/grpc/calls.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <utility>

#include "server/codec/codec.h"
#include "server/grpc/grpc_status.h"
#include "server/request_headers.h"

namespace soma::server {
namespace {

using google::protobuf::Message;
using services::RequestContext;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Of a request that HTTP has in its path and query: its header limit, and the texts' own limits.
constexpr std::uint64_t kLeastRequestBytes = 64 * 1024;

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

/// Metadata as the headers it is: HTTP/2 has their names in lower case.
std::vector<Header> headers_of(const grpc::CallbackServerContext& context) {
    std::vector<Header> headers;
    for (const auto& [name, value] : context.client_metadata()) {
        headers.emplace_back(std::string(name.data(), name.size()),
                             std::string(value.data(), value.size()));
    }
    return headers;
}

/// The caller's own deadline (grpc-timeout), at most the server's.
milliseconds time_for(const grpc::CallbackServerContext& context, milliseconds limit) {
    const auto due = context.deadline();
    const auto now = std::chrono::system_clock::now();
    if (due >= now + limit) {
        return limit;
    }
    return std::chrono::duration_cast<milliseconds>(due - now);
}

void decode(const grpc::ByteBuffer& bytes, Message& request) {
    grpc::ByteBuffer read = bytes;  // the same slices
    if (!grpc::SerializationTraits<Message>::Deserialize(&read, &request).ok()) {
        throw invalid(
            "", "must be a message of type " + request.GetTypeName() + ", its texts in UTF-8");
    }
    check_message(request);
}

Corridor::Outcome refuse(const Error& error, const std::string& request_id) {
    return {nullptr, refusal_of(error, request_id), ""};
}

}  // namespace

/// One call, from begin() to end(). What gRPC owns lives until the reactor is finished.
struct Calls::Call {
    const Route& route;
    grpc::CallbackServerContext& context;
    const grpc::ByteBuffer& request;
    grpc::ByteBuffer& response;
    grpc::ServerUnaryReactor* reactor;
    RequestHead head;
    milliseconds time;  ///< from head.received on
};

Calls::Calls(const Corridor& corridor, int worker_threads, std::size_t queue_length)
    : corridor_(corridor), pool_(worker_threads, queue_length) {}

grpc::ServerUnaryReactor* Calls::begin(const Route& route, grpc::CallbackServerContext& context,
                                       const grpc::ByteBuffer& request,
                                       grpc::ByteBuffer& response) {
    auto* reactor = context.DefaultReactor();
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    auto call = std::make_shared<Call>(
        Call{.route = route,
             .context = context,
             .request = request,
             .response = response,
             .reactor = reactor,
             .head = {.verb = route.options->verb(),
                      .target = route.options->path(),
                      .headers = headers_of(context),
                      .request_id = request_ids_.next(wall_clock_now()).to_string(),
                      .received = steady_clock::now()},
             .time = time_for(context, corridor_.request_deadline())});
    if (!pool_.try_post([this, call] { work(*call); })) {
        finish(*call, nullptr,
               refuse(Error(ErrorKind::unavailable, "too many requests are waiting"),
                      call->head.request_id));
    }
    return reactor;
}

void Calls::work(const Call& call) {
    if (call.context.IsCancelled()) {
        // Nobody waits for it, and nothing of it was begun.
        return end(call, grpc::Status::CANCELLED,
                   {.method = call.route.method->full_name(), .request_id = call.head.request_id});
    }
    auto context = begin_context(call.head, call.route.method->full_name(), call.time);
    try {
        finish(call, &context, walk(call, context));
    } catch (const std::exception&) {
        finish(call, &context,
               refuse(Error(ErrorKind::internal, "unexpected"), call.head.request_id));
    }
}

Corridor::Outcome Calls::walk(const Call& call, RequestContext& context) const {
    if (steady_clock::now() >= cut_at_.load()) {
        return refuse(Error(ErrorKind::unavailable, "stopping"), context.request_id);
    }
    const std::uint64_t most =
        std::max<std::uint64_t>(call.route.options->max_body_bytes(), kLeastRequestBytes);
    if (call.request.Length() > most) {
        return refuse(Error(ErrorKind::payload_too_large,
                            "the message must have at most " + std::to_string(most) + " bytes"),
                      context.request_id);
    }
    return corridor_.run(call.route, call.head, context,
                         [&call](Message& request) { decode(call.request, request); });
}

void Calls::finish(const Call& call, const RequestContext* context,
                   const Corridor::Outcome& outcome) {
    grpc::Status status;
    if (outcome.refusal) {
        status = to_status(*outcome.refusal);
        for (const auto& [name, value] : outcome.refusal->headers) {
            call.context.AddTrailingMetadata(lower_case(name), value);
        }
    } else {
        bool is_own = false;
        status =
            grpc::SerializationTraits<Message>::Serialize(*outcome.answer, &call.response, &is_own);
    }
    const int number = outcome.refusal ? outcome.refusal->problem.status()
                                       : static_cast<int>(call.route.options->success());
    end(call, status,
        {.method = call.route.method->full_name(),
         .request_id = call.head.request_id,
         .trace_id = context == nullptr ? std::string_view() : context->trace_id,
         .status = number,
         .detail = outcome.detail});
}

void Calls::end(const Call& call, const grpc::Status& status, const Answered& answered) {
    Answered told = answered;
    told.grpc_code = grpc_code_name(status.error_code());
    told.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() -
                                                                         call.head.received);
    corridor_.report(told);
    call.context.AddTrailingMetadata("request-id", call.head.request_id);
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    // From here on the call's own parts may be gone.
    call.reactor->Finish(status);
}

grpc::Status Calls::unknown(grpc::CallbackServerContext& context) {
    const std::string request_id = request_ids_.next(wall_clock_now()).to_string();
    context.AddTrailingMetadata("request-id", request_id);
    corridor_.report(
        {.request_id = request_id, .grpc_code = grpc_code_name(grpc::StatusCode::UNIMPLEMENTED)});
    return {grpc::StatusCode::UNIMPLEMENTED, "no such method"};
}

void Calls::cut_after(milliseconds grace) {
    cut_at_.store(steady_clock::now() + grace);
}

}  // namespace soma::server
