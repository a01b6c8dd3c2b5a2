#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http_types.h"

namespace soma::server {

/// Every limit of one listener.
struct ListenerLimits {
    int io_threads = 1;
    int worker_threads = 16;
    std::size_t queue_length = 1024;     ///< requests waiting for a worker; one more is 503
    std::size_t max_connections = 2048;  ///< one more is answered 503 and closed
    std::uint32_t max_header_bytes = 8192;
    std::uint64_t max_body_bytes_in_flight = 256ULL << 20;  ///< of all connections together
    std::chrono::milliseconds header_timeout{
        10'000};  ///< from a request's first byte to its last header
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds write_timeout{30'000};  ///< for one answer
    std::chrono::milliseconds idle_timeout{75'000};   ///< between requests
};

/// One listening socket with its I/O threads (Asio coroutines) and its bounded pool of workers.
/// HTTP/1.1 and 1.0, plaintext, keep-alive; pipelined requests are answered in order.
class HttpListener {
  public:
    /// `site` is called from the I/O threads, its `run` functions from the workers.
    HttpListener(Site site, ListenerLimits limits);
    ~HttpListener();  ///< stops with no grace
    HttpListener(const HttpListener&) = delete;
    HttpListener& operator=(const HttpListener&) = delete;

    /// Binds and serves; port 0 takes a free one. Returns the port. Throws Error(unavailable)
    /// naming address and port when they cannot be bound. Call once.
    std::uint16_t start(const std::string& address, std::uint16_t port);

    /// Stops accepting, closes idle connections, lets requests in flight end within `grace`, then
    /// cuts the rest and joins every thread. A handler that runs longer than that delays the
    /// return: its own deadline bounds it. May be called twice, from any thread but the listener's
    /// own.
    void stop(std::chrono::milliseconds grace);

    /// Open connections, for metrics.
    std::size_t connections() const;
    /// Requests waiting for a worker, for metrics.
    std::size_t queued() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace soma::server
