#pragma once
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/uuid.h"
#include "server/corridor.h"
#include "server/http/worker_pool.h"

namespace soma::server {

/// From gRPC's call to the corridor and back. Thread-safe.
class Calls {
  public:
    /// `corridor` must outlive this.
    Calls(const Corridor& corridor, int worker_threads, std::size_t queue_length);

    /// Hands the call to a worker; a full queue is answered UNAVAILABLE at once. Does not block.
    grpc::ServerUnaryReactor* begin(const Route& route, grpc::CallbackServerContext& context,
                                    const grpc::ByteBuffer& request, grpc::ByteBuffer& response);

    /// For a method nobody has: counted, and its request id told.
    grpc::Status unknown(grpc::CallbackServerContext& context);

    /// From then on calls that still wait for a worker are refused instead of begun.
    void cut_after(std::chrono::milliseconds grace);
    /// Waits for the workers. Call it when no call can begin any more.
    void stop() { pool_.stop(); }

    std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
    std::size_t queued() const { return pool_.queued(); }

  private:
    struct Call;
    void work(const Call& call);
    Corridor::Outcome walk(const Call& call, services::RequestContext& context) const;
    void finish(const Call& call, const services::RequestContext* context,
                const Corridor::Outcome& outcome);
    void end(const Call& call, const grpc::Status& status, const Answered& answered);

    const Corridor& corridor_;
    UuidGenerator request_ids_;
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::chrono::steady_clock::time_point> cut_at_{
        std::chrono::steady_clock::time_point::max()};
    WorkerPool pool_;  // last: its threads use the rest
};

}  // namespace soma::server
