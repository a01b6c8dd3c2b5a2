#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace soma::server {

/// A fixed number of threads and a bounded queue before them: when it is full the caller hears so
/// at once and can answer 503 instead of letting requests pile up. Thread-safe.
class WorkerPool {
  public:
    WorkerPool(int threads, std::size_t queue_length);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full or the pool stopped. `job` must not throw.
    bool try_post(std::function<void()> job);

    /// Takes no more jobs, carries out those queued, joins. May be called twice.
    void stop();

    std::size_t queued() const;

  private:
    void work();

    const std::size_t queue_length_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace soma::server
