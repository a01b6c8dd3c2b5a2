#pragma once
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace soma::server::test {

/// What came back of a call.
struct RpcAnswer {
    grpc::Status status;
    std::string bytes;
    std::map<std::string, std::string> trailing;
};

inline grpc::ByteBuffer to_buffer(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return {&slice, 1};
}

inline std::string to_string(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok()) {
        return "";
    }
    std::string out;
    for (const auto& slice : slices) {
        out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return out;
}

/// A client without generated code: bytes to a path.
class RpcClient {
  public:
    explicit RpcClient(int port) {
        grpc::ChannelArguments arguments;
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                             grpc::InsecureChannelCredentials(), arguments);
    }

    RpcAnswer call(const std::string& path, const std::string& bytes,
                   const std::map<std::string, std::string>& metadata = {},
                   std::optional<std::chrono::milliseconds> timeout = std::chrono::seconds(30)) {
        grpc::ClientContext context;
        return call(context, path, bytes, metadata, timeout);
    }

    RpcAnswer call(grpc::ClientContext& context, const std::string& path, const std::string& bytes,
                   const std::map<std::string, std::string>& metadata,
                   std::optional<std::chrono::milliseconds> timeout) {
        for (const auto& [name, value] : metadata) {
            context.AddMetadata(name, value);
        }
        if (timeout) {
            context.set_deadline(std::chrono::system_clock::now() + *timeout);
        }
        const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
        grpc::ByteBuffer response;
        RpcAnswer answer;
        answer.status = grpc::internal::BlockingUnaryCall(channel_.get(), method, &context,
                                                          to_buffer(bytes), &response);
        answer.bytes = answer.status.ok() ? to_string(response) : "";
        for (const auto& [name, value] : context.GetServerTrailingMetadata()) {
            answer.trailing.emplace(std::string(name.data(), name.size()),
                                    std::string(value.data(), value.size()));
        }
        return answer;
    }

  private:
    std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace soma::server::test
