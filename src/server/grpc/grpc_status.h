#pragma once
#include <grpcpp/support/status.h>

#include <string_view>

#include "server/error_reply.h"

namespace soma::server {

/// The only file that knows gRPC's numbers for our errors.

grpc::StatusCode grpc_code(ErrorKind kind);

/// "NOT_FOUND": for metrics.
std::string_view grpc_code_name(grpc::StatusCode code);

/// The code, the problem's detail (its title where there is none) as message, and the whole Problem
/// as the one detail of a google.rpc.Status: what `grpc-status-details-bin` carries.
grpc::Status to_status(const Refusal& refusal);

}  // namespace soma::server
