#include "backends/postgres/connection_pool.h"

#include "base/error.h"

namespace soma::backends {

ConnectionPool::ConnectionPool(ConnectionSettings settings, std::size_t limit)
    : settings_(std::move(settings)), limit_(limit) {
    SOMA_ASSERT(limit > 0, "a pool of at least one session");
}

ConnectionPool::Lease::Lease(ConnectionPool& owner, const Deadline& deadline) : pool(owner) {
    {
        std::unique_lock lock(pool.mutex_);
        const bool free =
            pool.freed_.wait_until(lock, deadline.at(), [&] { return pool.leased_ < pool.limit_; });
        if (!free) {
            throw Error(ErrorKind::unavailable, "the store is busy: try again",
                        "all sessions of the pool are in use");
        }
        ++pool.leased_;
        if (!pool.idle_.empty()) {
            connection = std::move(pool.idle_.back());
            pool.idle_.pop_back();
            return;
        }
    }
    try {
        renew(deadline);
    } catch (...) {
        give_back();
        throw;
    }
}

ConnectionPool::Lease::~Lease() {
    give_back();
}

void ConnectionPool::Lease::renew(const Deadline& deadline) {
    {
        // Whatever ended this session most likely ended the idle ones too.
        const std::lock_guard lock(pool.mutex_);
        pool.idle_.clear();
    }
    connection.reset();
    connection = Connection::open(pool.settings_, deadline);
    fresh = true;
}

void ConnectionPool::Lease::give_back() noexcept {
    {
        const std::lock_guard lock(pool.mutex_);
        --pool.leased_;
        if (connection && connection->idle()) {
            pool.idle_.push_back(std::move(connection));
        }
    }
    pool.freed_.notify_one();
}

}  // namespace soma::backends
