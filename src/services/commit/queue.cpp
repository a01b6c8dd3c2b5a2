#include "services/commit/queue.h"

#include <utility>

namespace soma::services {

std::optional<CommitQueue::Refusal> CommitQueue::push(domain::Intent& intent,
                                                      std::future<domain::Outcome>& outcome) {
    const std::size_t rows = row_count(intent);
    const bool alone = comes_alone(intent);
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return Refusal::closed;
        }
        if (pending_.size() >= limit_) {
            return Refusal::full;
        }
        pending_.push_back({std::move(intent), {}, rows, alone});
        outcome = pending_.back().promise.get_future();
    }
    arrived_.notify_one();
    return std::nullopt;
}

void CommitQueue::move_first_to(CommitGroup& group) {
    group.intents.push_back(std::move(pending_.front().intent));
    group.promises.push_back(std::move(pending_.front().promise));
    pending_.pop_front();
}

CommitGroup CommitQueue::take(IfEmpty if_empty) {
    std::unique_lock lock(mutex_);
    if (if_empty == IfEmpty::wait) {
        arrived_.wait(lock, [&] { return closed_ || !pending_.empty(); });
    }
    CommitGroup group;
    std::size_t rows = 0;
    while (!closed_ && !pending_.empty() && group.size() < group_intents_) {
        const bool alone = pending_.front().alone;
        rows += pending_.front().rows;
        if (group.size() > 0 && (alone || rows > group_rows_)) {
            break;
        }
        move_first_to(group);
        if (alone) {
            break;
        }
    }
    return group;
}

void CommitQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    arrived_.notify_all();
}

CommitGroup CommitQueue::rest() {
    const std::lock_guard lock(mutex_);
    CommitGroup group;
    while (!pending_.empty()) {
        move_first_to(group);
    }
    return group;
}

std::size_t CommitQueue::size() const {
    const std::lock_guard lock(mutex_);
    return pending_.size();
}

}  // namespace soma::services
