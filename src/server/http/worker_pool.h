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
/// at once and can answer 503 instead of letting requests pile up. Of the idle threads the one that
/// worked last is woken: its stack, its heap and its scratch space are still in the caches, so a
/// service that is not busy works on few warm threads and not on all in turn. Thread-safe.
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
    /// Where one thread sleeps.
    struct Bed {
        std::condition_variable wake;
        bool is_called = false;
    };

    void work(Bed& bed);

    const std::size_t queue_length_;
    mutable std::mutex mutex_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::deque<Bed> beds_;    ///< one a thread
    std::vector<Bed*> idle_;  ///< who sleeps and was not called; whoever came last is at the back
    std::vector<std::thread> threads_;
};

}  // namespace soma::server
