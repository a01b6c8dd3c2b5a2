#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "server/http_types.h"
#include "server/routes.h"

namespace soma::server {

/// The facts of one answer.
struct Answered {
    std::string_view method = {};  ///< full name; empty when no method was found
    std::string_view request_id = {};
    std::string_view trace_id = {};
    int status = 0;
    std::chrono::microseconds elapsed{};  ///< from the body read to the answer ready
    std::string_view detail = {};         ///< of an error, for the log alone; may be empty
};

/// The gate, as the server calls it. Filled in by the composition root. All functions are called by
/// worker threads, several at a time.
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

/// The API listener: routes, /health and /openapi.json (both open to all). A request goes: route →
/// media type and size (before identity: metrics only) → admit → headers → decode → judge →
/// handler → encode. `routes` must be complete and outlive the site. Throws what check_complete()
/// throws.
Site make_api_site(const Routes& routes, Pipeline pipeline,
                   std::chrono::milliseconds request_deadline);

}  // namespace soma::server
