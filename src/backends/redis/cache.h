#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"

struct redisContext;

namespace soma::backends {

/// The `cache` server: no persistence, eviction on. What it holds is a projection and may vanish.
struct RedisConfig {
    std::string host = "127.0.0.1";
    int port = 6379;
    std::string password;  ///< empty: none is sent
    std::size_t connections = 4;
    std::chrono::milliseconds connect_timeout{50};
    std::chrono::milliseconds command_timeout{50};
    std::chrono::milliseconds first_back_off{100};  ///< doubles with each failed attempt
    std::chrono::milliseconds longest_back_off{5000};
};

/// Redis that may be away: a failure is a miss (nullopt, false), never an exception, and while the
/// server is known to be down calls return at once without touching the network. Thread-safe; a
/// call waits for a free connection no longer than the command timeout.
class RedisCache {
  public:
    explicit RedisCache(RedisConfig config);
    ~RedisCache();
    RedisCache(const RedisCache&) = delete;
    RedisCache& operator=(const RedisCache&) = delete;

    std::optional<std::string> get(std::string_view key);
    bool set(std::string_view key, std::string_view value, std::chrono::seconds time_to_live);
    bool remove(std::string_view key);

    /// False from the first failure until a command succeeds again; `/ready` then says "degraded".
    bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
    /// Asks the server (PING), so that health recovers without traffic.
    bool probe();

  private:
    using Connection = std::unique_ptr<redisContext, void (*)(redisContext*)>;
    struct Reply;

    std::optional<Reply> command(const std::vector<std::string_view>& arguments);
    std::optional<Connection> borrow();
    void give_back(std::optional<Connection> connection);
    Connection connect();
    bool backing_off() const;
    void note_success();
    void note_failure();

    RedisConfig config_;
    std::atomic<bool> healthy_{true};
    mutable std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Connection> idle_;
    std::size_t in_use_ = 0;
    std::chrono::milliseconds back_off_{0};
    std::chrono::steady_clock::time_point retry_at_{};
};

/// "<room>:{<tenant uuid>}:<rest>": the braces are Redis Cluster's hash tag, so one tenant's keys
/// share a slot and never mix with another's.
std::string cache_key(std::string_view room, const Uuid& tenant, std::string_view rest);

}  // namespace soma::backends
