#include "server/grpc/grpc_status.h"

namespace soma::server {

using grpc::StatusCode;

StatusCode grpc_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid_argument:
        case ErrorKind::unsupported_media_type:
            return StatusCode::INVALID_ARGUMENT;
        case ErrorKind::unauthenticated:
            return StatusCode::UNAUTHENTICATED;
        case ErrorKind::permission_denied:
            return StatusCode::PERMISSION_DENIED;
        case ErrorKind::not_found:
            return StatusCode::NOT_FOUND;
        case ErrorKind::already_exists:
            return StatusCode::ALREADY_EXISTS;
        case ErrorKind::conflict:
        case ErrorKind::idempotency_reused:
            return StatusCode::FAILED_PRECONDITION;
        case ErrorKind::payload_too_large:
        case ErrorKind::resource_exhausted:
            return StatusCode::RESOURCE_EXHAUSTED;
        case ErrorKind::unavailable:
            return StatusCode::UNAVAILABLE;
        case ErrorKind::deadline_exceeded:
            return StatusCode::DEADLINE_EXCEEDED;
        case ErrorKind::internal:
            break;
    }
    return StatusCode::INTERNAL;
}

std::string_view grpc_code_name(StatusCode code) {
    switch (code) {
        case StatusCode::OK:
            return "OK";
        case StatusCode::CANCELLED:
            return "CANCELLED";
        case StatusCode::INVALID_ARGUMENT:
            return "INVALID_ARGUMENT";
        case StatusCode::DEADLINE_EXCEEDED:
            return "DEADLINE_EXCEEDED";
        case StatusCode::NOT_FOUND:
            return "NOT_FOUND";
        case StatusCode::ALREADY_EXISTS:
            return "ALREADY_EXISTS";
        case StatusCode::PERMISSION_DENIED:
            return "PERMISSION_DENIED";
        case StatusCode::UNAUTHENTICATED:
            return "UNAUTHENTICATED";
        case StatusCode::RESOURCE_EXHAUSTED:
            return "RESOURCE_EXHAUSTED";
        case StatusCode::FAILED_PRECONDITION:
            return "FAILED_PRECONDITION";
        case StatusCode::UNIMPLEMENTED:
            return "UNIMPLEMENTED";
        case StatusCode::UNAVAILABLE:
            return "UNAVAILABLE";
        case StatusCode::INTERNAL:
            return "INTERNAL";
        default:
            return "UNKNOWN";
    }
}

grpc::Status to_status(const Refusal& refusal) {
    const StatusCode code = grpc_code(refusal.kind);
    const auto& problem = refusal.problem;
    const std::string& message = problem.has_detail() ? problem.detail() : problem.title();
    somabrain::v1::StatusDetails details;
    details.set_code(static_cast<int>(code));
    details.set_message(message);
    details.add_details()->PackFrom(problem);
    return {code, message, details.SerializeAsString()};
}

}  // namespace soma::server
