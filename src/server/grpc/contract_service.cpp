#include "server/grpc/contract_service.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace soma::server {

using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;
using Handling = grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;

ContractService::ContractService(const google::protobuf::ServiceDescriptor& service,
                                 const Routes& routes, const Begin& begin) {
    for (int i = 0; i < service.method_count(); ++i) {
        const auto* method = service.method(i);
        const auto route = std::ranges::find(routes.all(), method, &Route::method);
        SOMA_ASSERT(route != routes.all().end(), "a method of a served service has a route");
        const std::string& path = paths_.emplace_back(grpc_path(*method));
        // As the generated code of a method does it that is served as bytes.
        AddMethod(std::make_unique<RpcServiceMethod>(path.c_str(), RpcMethod::NORMAL_RPC, nullptr)
                      .release());
        auto handling = std::make_unique<Handling>(
            [begin, &found = *route](grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
                return begin(found, *context, *request, *response);
            });
        MarkMethodRawCallback(i, handling.release());
    }
}

std::string grpc_path(const google::protobuf::MethodDescriptor& method) {
    return "/" + method.service()->full_name() + "/" + method.name();
}

}  // namespace soma::server
