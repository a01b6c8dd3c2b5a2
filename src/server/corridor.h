#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "server/error_reply.h"
#include "server/http_types.h"
#include "server/routes.h"

namespace soma::server {

/// The facts of one answer.
struct Answered {
    std::string_view method = {};  ///< full name; empty when no method was found
    std::string_view request_id = {};
    std::string_view trace_id = {};
    int status = 0;                       ///< HTTP's number, over gRPC too
    std::string_view grpc_code = {};      ///< "NOT_FOUND"; empty over HTTP
    std::chrono::microseconds elapsed{};  ///< from the body read to the answer ready
    std::string_view detail = {};         ///< of an error, for the log alone; may be empty
};

/// The gate, as the corridor calls it. Filled in by the composition root. All functions are called
/// by worker threads, several at a time.
struct Pipeline {
    /// Before the body is decoded: who asks, and may they use this method? Throws `unauthenticated`
    /// or `permission_denied` (what is owed for those is the gate's own business). Never null.
    std::function<std::shared_ptr<const services::Admission>(const services::RequestContext&)>
        admit;

    /// Once the body is decoded: may this request, with what it brings, go on under the law? May
    /// change the request (blot out). The handler gets the admission it returns. Throws
    /// `permission_denied`, `invalid_argument`. Never null.
    std::function<std::shared_ptr<const services::Admission>(
        const std::shared_ptr<const services::Admission>&, google::protobuf::Message&)>
        judge;

    /// After admission something was refused or failed: a header, the body, the handler. Records
    /// what is owed for it. When it throws an Error itself, that one is answered instead.
    std::function<void(const services::RequestContext&, const services::Admission&, const Error&,
                       int status)>
        refused;

    /// Once per answer, for log and metrics; must not throw. May be empty.
    std::function<void(const Answered&)> answered;
};

/// What every request walks, whichever transport brought it: admit → headers → decode → judge →
/// handler. There is no other way to a handler. Transports find the route, say how the request is
/// decoded, and encode what comes out. Read-only after construction, so any thread may use it.
class Corridor {
  public:
    /// `routes` must be complete and outlive the corridor. Throws what check_complete() throws.
    Corridor(const Routes& routes, Pipeline pipeline, std::chrono::milliseconds request_deadline);

    /// Either the answer or what is told instead of it.
    struct Outcome {
        std::unique_ptr<google::protobuf::Message> answer;  ///< null: refused
        std::optional<Refusal> refusal;
        std::string detail;  ///< of the error, for the log alone
    };
    /// Fills the request from its bytes and the route's parameters; throws Error.
    using Decode = std::function<void(google::protobuf::Message&)>;

    /// Does not throw but for want of memory. `context` comes from begin_context().
    Outcome run(const Route& route, const RequestHead& head, services::RequestContext& context,
                const Decode& decode) const;

    /// One answer was given: log and metrics.
    void report(const Answered& answered) const;

    const Routes& routes() const { return routes_; }
    /// What a request has at most.
    std::chrono::milliseconds request_deadline() const { return request_deadline_; }

  private:
    std::unique_ptr<google::protobuf::Message> handle(
        const Route& route, const RequestHead& head, services::RequestContext& context,
        const std::shared_ptr<const services::Admission>& admission, const Decode& decode) const;
    Outcome refused(const services::RequestContext& context, const services::Admission& admission,
                    const Error& error) const;

    const Routes& routes_;
    const Pipeline pipeline_;
    const std::chrono::milliseconds request_deadline_;
};

}  // namespace soma::server
