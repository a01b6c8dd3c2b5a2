#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/corridor.h"

namespace soma::server {

/// Every limit of the gRPC listener.
struct GrpcLimits {
    int worker_threads = 16;
    std::size_t queue_length = 1024;  ///< calls waiting for a worker; one more is UNAVAILABLE
    int max_streams = 128;            ///< calls at one time of one connection
    int max_metadata_bytes = 8192;    ///< of one call
    std::uint64_t max_bytes_in_flight = 256ULL << 20;  ///< of all connections together
    /// From connecting until the client has said that it speaks HTTP/2.
    std::chrono::milliseconds handshake_timeout{10'000};
    std::chrono::milliseconds idle_timeout{300'000};  ///< of a connection without calls
    /// A connection is asked to go after so long, and cut after a minute more: a call that is begun
    /// and never sent does not stay for ever.
    std::chrono::milliseconds max_age{1'800'000};
};

/// The contract over gRPC: one listening socket, gRPC's own threads for bytes, and a bounded pool
/// of workers for the corridor. Plaintext, as the HTTP listener. Beside the contract:
/// grpc.health.v1 (serving until stop() begins) and reflection, both open to all, as /health and
/// /openapi.json are.
class GrpcListener {
  public:
    /// Serves `services`, whose methods `corridor` must have; it must outlive the listener.
    GrpcListener(const Corridor& corridor,
                 std::vector<const google::protobuf::ServiceDescriptor*> services,
                 GrpcLimits limits);
    ~GrpcListener();  ///< stops with no grace
    GrpcListener(const GrpcListener&) = delete;
    GrpcListener& operator=(const GrpcListener&) = delete;

    /// Binds and serves; port 0 takes a free one. Returns the port. Throws Error(unavailable)
    /// naming address and port when they cannot be bound. Call once.
    std::uint16_t start(const std::string& address, std::uint16_t port);

    /// Takes no more calls, lets those in flight end within `grace`, cuts the rest and joins every
    /// thread. A handler that runs longer delays the return: its own deadline bounds it. May be
    /// called twice, from one thread at a time.
    void stop(std::chrono::milliseconds grace);

    /// Calls begun and not yet answered, for metrics.
    std::size_t calls() const;
    /// Calls waiting for a worker, for metrics.
    std::size_t queued() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace soma::server
