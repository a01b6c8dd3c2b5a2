#include "server/grpc/grpc_listener.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "server/grpc/calls.h"
#include "server/grpc/contract_service.h"
#include "telemetry/log.h"

namespace soma::server {
namespace {

constexpr std::chrono::milliseconds kAgeGrace{60'000};

/// Once a process, before the first server is built.
void prepare_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        grpc::EnableDefaultHealthCheckService(true);
        grpc::reflection::InitProtoReflectionServerBuilderPlugin();
        // What cannot be parsed is the caller's mistake, and answered; not a line in our log.
        google::protobuf::SetLogHandler(nullptr);
        gpr_set_log_function([](gpr_log_func_args* line) {
            telemetry::log(telemetry::Level::warn, "grpc", {{"detail", line->message}});
        });
    });
}

/// What no service has. gRPC would answer it by itself, uncounted.
class UnknownMethods final : public grpc::CallbackGenericService {
  public:
    explicit UnknownMethods(Calls& calls) : calls_(calls) {}

    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override {
        class Refusing final : public grpc::ServerGenericBidiReactor {
          public:
            explicit Refusing(grpc::Status status) { Finish(std::move(status)); }
            void OnDone() override { delete this; }
        };
        return std::make_unique<Refusing>(calls_.unknown(*context)).release();
    }

  private:
    Calls& calls_;
};

/// The largest body of any method.
std::uint64_t most_bytes(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
    std::uint64_t most = 0;
    for (const auto* service : services) {
        for (int i = 0; i < service->method_count(); ++i) {
            const auto& route = service->method(i)->options().GetExtension(somabrain::v1::route);
            most = std::max<std::uint64_t>(most, route.max_body_bytes());
        }
    }
    return most;
}

}  // namespace

class GrpcListener::Impl {
  public:
    Impl(const Corridor& corridor, std::vector<const google::protobuf::ServiceDescriptor*> services,
         GrpcLimits limits)
        : services_(std::move(services)),
          limits_(limits),
          calls_(corridor, limits.worker_threads, limits.queue_length),
          unknown_(calls_) {
        prepare_library();
        for (const auto* service : services_) {
            served_.push_back(std::make_unique<ContractService>(
                *service, corridor.routes(),
                [this](const Route& route, grpc::CallbackServerContext& context,
                       const grpc::ByteBuffer& request, grpc::ByteBuffer& response) {
                    return calls_.begin(route, context, request, response);
                }));
        }
    }
    ~Impl() { stop(std::chrono::milliseconds(0)); }

    std::uint16_t start(const std::string& address, std::uint16_t port) {
        SOMA_ASSERT(!server_, "a listener starts once");
        grpc::ServerBuilder builder;
        int bound = 0;
        builder.AddListeningPort(address + ":" + std::to_string(port),
                                 grpc::InsecureServerCredentials(), &bound);
        set_limits(builder);
        for (const auto& service : served_) {
            builder.RegisterService(service.get());
        }
        builder.RegisterCallbackGenericService(&unknown_);
        server_ = builder.BuildAndStart();
        if (!server_ || bound == 0) {
            server_.reset();
            throw Error(ErrorKind::unavailable,
                        "cannot listen on " + address + " port " + std::to_string(port));
        }
        for (const auto* service : services_) {
            server_->GetHealthCheckService()->SetServingStatus(service->full_name(), true);
        }
        return static_cast<std::uint16_t>(bound);
    }

    void stop(std::chrono::milliseconds grace) {
        if (server_) {
            server_->GetHealthCheckService()->Shutdown();
            calls_.cut_after(grace);
            server_->Shutdown(std::chrono::system_clock::now() + grace);
        }
        calls_.stop();
        server_.reset();
    }

    const Calls& calls() const { return calls_; }

  private:
    void set_limits(grpc::ServerBuilder& builder) const {
        const auto ms = [](std::chrono::milliseconds time) {
            return static_cast<int>(time.count());
        };
        builder.SetMaxReceiveMessageSize(static_cast<int>(most_bytes(services_)));
        // A small message may unfold to a large one.
        builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
        builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
        builder.SetResourceQuota(
            grpc::ResourceQuota("somabrain").Resize(limits_.max_bytes_in_flight));
        builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits_.max_streams);
        builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, limits_.max_metadata_bytes);
        builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                                   ms(limits_.handshake_timeout));
        builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, ms(limits_.idle_timeout));
        builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, ms(limits_.max_age));
        builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, ms(kAgeGrace));
        // Two servers on one port would share its calls; and a port that is held for us
        // (config/ports.h) is bound over by SO_REUSEADDR alone.
        builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    }

    const std::vector<const google::protobuf::ServiceDescriptor*> services_;
    const GrpcLimits limits_;
    Calls calls_;
    UnknownMethods unknown_;
    std::vector<std::unique_ptr<ContractService>> served_;
    std::unique_ptr<grpc::Server> server_;  // before what it uses goes
};

GrpcListener::GrpcListener(const Corridor& corridor,
                           std::vector<const google::protobuf::ServiceDescriptor*> services,
                           GrpcLimits limits)
    : impl_(std::make_unique<Impl>(corridor, std::move(services), limits)) {}

GrpcListener::~GrpcListener() = default;

std::uint16_t GrpcListener::start(const std::string& address, std::uint16_t port) {
    return impl_->start(address, port);
}

void GrpcListener::stop(std::chrono::milliseconds grace) {
    impl_->stop(grace);
}

std::size_t GrpcListener::calls() const {
    return impl_->calls().in_flight();
}

std::size_t GrpcListener::queued() const {
    return impl_->calls().queued();
}

}  // namespace soma::server
