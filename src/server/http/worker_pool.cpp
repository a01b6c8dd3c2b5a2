#include "server/http/worker_pool.h"

#include <utility>

namespace soma::server {

WorkerPool::WorkerPool(int threads, std::size_t queue_length) : queue_length_(queue_length) {
    for (int i = 0; i < threads; ++i) {
        threads_.emplace_back([this, &bed = beds_.emplace_back()] { work(bed); });
    }
}

WorkerPool::~WorkerPool() {
    stop();
}

bool WorkerPool::try_post(std::function<void()> job) {
    Bed* called = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= queue_length_) {
            return false;
        }
        queue_.push_back(std::move(job));
        if (!idle_.empty()) {
            called = idle_.back();
            idle_.pop_back();
            called->is_called = true;
        }
    }
    if (called != nullptr) {
        called->wake.notify_one();
    }
    return true;
}

void WorkerPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    for (Bed& bed : beds_) {
        bed.wake.notify_one();
    }
    for (auto& thread : threads_) {
        if (thread.joinable()) {
            thread.join();
        }
    }
}

std::size_t WorkerPool::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void WorkerPool::work(Bed& bed) {
    std::unique_lock lock(mutex_);
    for (;;) {
        // Another thread may have taken the job that this one was called for.
        while (queue_.empty()) {
            if (stopping_) {
                return;
            }
            bed.is_called = false;
            idle_.push_back(&bed);
            bed.wake.wait(lock, [&] { return bed.is_called || stopping_; });
        }
        std::function<void()> job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // what it holds goes before the lock is taken
        lock.lock();
    }
}

}  // namespace soma::server
