#pragma once
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "backends/postgres/connection.h"
#include "base/time.h"

namespace soma::backends {

/// At most `limit` sessions, opened when needed and kept. Thread-safe. Opens new ones by itself
/// after a restart of Postgres. Does no I/O when made.
class ConnectionPool {
  public:
    ConnectionPool(ConnectionSettings settings, std::size_t limit);

    /// Calls `work(Connection&)` with a session of its own and returns its value. Waits for a free
    /// one until the deadline, then throws Error(unavailable). `work` reads only, in the statements
    /// of one flush or one transaction: when a session that was kept turns out to be dead it is
    /// called once more on a fresh one.
    template <typename Work>
    auto run(const Deadline& deadline, Work&& work) {
        Lease lease(*this, deadline);
        try {
            return work(*lease.connection);
        } catch (const PostgresError& error) {
            if (!error.connection_lost() || lease.fresh || deadline.passed()) {
                throw;
            }
        }
        lease.renew(deadline);
        return work(*lease.connection);
    }

    const ConnectionSettings& settings() const { return settings_; }

  private:
    /// One session, taken from the idle ones or opened; goes back unless it is broken.
    struct Lease {
        Lease(ConnectionPool& owner, const Deadline& deadline);
        ~Lease();
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        void renew(const Deadline& deadline);
        void give_back() noexcept;

        ConnectionPool& pool;
        std::unique_ptr<Connection> connection;
        bool fresh = false;  ///< opened for this lease: its loss is news, not history
    };

    ConnectionSettings settings_;
    std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t leased_ = 0;
    std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace soma::backends
