#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "base/uuid.h"
#include "server/http/listener_limits.h"
#include "server/http/worker_pool.h"
#include "server/http_types.h"

namespace soma::server {

/// What all sessions of one listener have in common. Thread-safe.
class ListenerState {
  public:
    ListenerState(Site served, ListenerLimits allowed)
        : site(std::move(served)),
          limits(allowed),
          pool(limits.worker_threads, limits.queue_length) {}

    const Site site;
    const ListenerLimits limits;
    WorkerPool pool;
    UuidGenerator request_ids;
    std::atomic<bool> stopping{false};  ///< no new requests
    std::atomic<bool> cutting{false};   ///< not even those queued

    void connection_opened() { connections_.fetch_add(1, std::memory_order_relaxed); }
    void connection_closed() {
        // Under the lock, so that wait_until_empty() cannot miss the last one.
        const std::lock_guard lock(mutex_);
        if (connections_.fetch_sub(1, std::memory_order_relaxed) == 1) {
            empty_.notify_all();
        }
    }
    std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

    /// True when the last connection closed in time.
    bool wait_until_empty(std::chrono::milliseconds limit) {
        std::unique_lock lock(mutex_);
        return empty_.wait_for(lock, limit, [this] { return connections() == 0; });
    }

    /// Bodies are read before anybody is known, so their memory has one bound for all connections.
    bool take_body_bytes(std::uint64_t bytes) {
        if (body_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes >
            limits.max_body_bytes_in_flight) {
            give_body_bytes(bytes);
            return false;
        }
        return true;
    }
    void give_body_bytes(std::uint64_t bytes) {
        body_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    }

  private:
    std::atomic<std::size_t> connections_{0};
    std::atomic<std::uint64_t> body_bytes_{0};
    std::mutex mutex_;
    std::condition_variable empty_;
};

}  // namespace soma::server
