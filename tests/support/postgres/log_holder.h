#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "backends/postgres/connection.h"

namespace soma::test {

/// PostgreSQL that does not answer any committer: the log's row is locked while this lives, or
/// until release(). Needs the superuser's login.
class LogHolder {
  public:
    explicit LogHolder(const backends::ConnectionSettings& superuser)
        : deadline_(std::chrono::seconds(60)),
          holder_(backends::Connection::open(superuser, deadline_)),
          looker_(backends::Connection::open(superuser, deadline_)) {
        holder_->run_script("BEGIN; SELECT 1 FROM log FOR UPDATE", deadline_);
    }

    void release() { holder_->run_script("COMMIT", deadline_); }

    /// Waits until so many sessions of committers wait for a lock; their process ids.
    std::vector<std::int32_t> wait_for(std::size_t count) const {
        static constexpr backends::Statement kWaiting{
            "waiting_sessions",
            "SELECT pid FROM pg_stat_activity WHERE usename = 'soma_app'"
            " AND wait_event_type = 'Lock' ORDER BY query_start"};
        for (int tries = 0; tries < 2'000; ++tries) {
            const auto result = looker_->run(kWaiting, {}, deadline_);
            if (static_cast<std::size_t>(result.rows()) >= count) {
                std::vector<std::int32_t> pids;
                for (int i = 0; i < result.rows(); ++i) {
                    pids.push_back(result.row(i).optional_int32(0).value());
                }
                return pids;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        throw std::runtime_error("nobody waits");
    }

    void end_session(std::int32_t pid) const {
        const std::string sql = "SELECT pg_terminate_backend(" + std::to_string(pid) + ")";
        looker_->run_script(sql, deadline_);
    }

  private:
    const Deadline deadline_;
    std::unique_ptr<backends::Connection> holder_;
    std::unique_ptr<backends::Connection> looker_;
};

}  // namespace soma::test
