#include "services/commit/announcer.h"

#include <utility>

namespace soma::services {
namespace {

constexpr std::size_t kUntoldGroups = 2;

/// One caller to wake and nothing for the projections: what a single read's record is.
bool is_short(const DurableGroup& durable) {
    return durable.plan.outcomes.size() == 1 && durable.plan.changes.empty();
}

}  // namespace

void Announcer::start() {
    thread_ = std::thread([this] { run(); });
}

void Announcer::announce(DurableGroup durable, Committing committing) {
    {
        std::unique_lock lock(mutex_);
        if (committing == Committing::rests && is_short(durable) && untold_.empty() && !telling_) {
            lock.unlock();
            tell(durable);
            return;
        }
        changed_.wait(lock, [&] { return untold_.size() < kUntoldGroups; });
        untold_.push_back(std::move(durable));
    }
    changed_.notify_all();
}

void Announcer::wait_until_told() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return untold_.empty() && !telling_; });
}

void Announcer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Announcer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return stopping_ || !untold_.empty(); });
        if (untold_.empty()) {
            return;
        }
        DurableGroup durable = std::move(untold_.front());
        untold_.pop_front();
        telling_ = true;
        lock.unlock();
        tell(durable);
        lock.lock();
        telling_ = false;
        changed_.notify_all();
    }
}

/// What is told is durable: an exception from here could only be taken for a failed commit and lead
/// to a second one, so it ends the process instead.
void Announcer::tell(DurableGroup& durable) noexcept {
    for (const domain::AppliedChange& change : applied_changes(durable.plan)) {
        for (const Projection& projection : projections_) {
            projection(change);
        }
    }
    for (std::size_t i = 0; i < durable.plan.outcomes.size(); ++i) {
        durable.group->promises[durable.first + i].set_value(std::move(durable.plan.outcomes[i]));
    }
}

}  // namespace soma::services
