#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

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

}  // namespace soma::server
