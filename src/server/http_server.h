#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http/listener_limits.h"
#include "server/http_types.h"

namespace soma::server {

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
