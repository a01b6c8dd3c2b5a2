#pragma once
#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <string>

#include "server/routes.h"

namespace soma::server {

/// A service of the contract as gRPC wants it, made from its descriptor and the table of routes
/// instead of from generated code: what the table has is served, and in one way. Every method is a
/// unary call of bytes. Read-only after construction.
class ContractService final : public grpc::Service {
  public:
    /// Called by gRPC's threads, several at a time; must not block. The request and the response
    /// live until the reactor is finished.
    using Begin = std::function<grpc::ServerUnaryReactor*(
        const Route&, grpc::CallbackServerContext&, const grpc::ByteBuffer& request,
        grpc::ByteBuffer& response)>;

    /// `routes` must hold every method of `service` and outlive this; so must what `begin` uses.
    ContractService(const google::protobuf::ServiceDescriptor& service, const Routes& routes,
                    const Begin& begin);

  private:
    std::deque<std::string> paths_;  ///< gRPC keeps pointers to them
};

/// "/somabrain.v1.Memory/Remember"
std::string grpc_path(const google::protobuf::MethodDescriptor& method);

}  // namespace soma::server
