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

/// Values longer than this are not cached.
inline constexpr std::size_t kMaxCachedBytes = 1024 * 1024;

/// Redis that may be away: a failure is a miss (nullopt, false), never an exception, and while the
/// server is known to be down calls return at once without touching the network. Thread-safe; a
/// call waits for a free connection no longer than the command timeout. Construction ignores
/// SIGPIPE for the process, because hiredis writes to sockets that may have closed.
class RedisCache {
  public:
    explicit RedisCache(RedisConfig config);
    ~RedisCache();
    RedisCache(const RedisCache&) = delete;
    RedisCache& operator=(const RedisCache&) = delete;

    std::optional<std::string> get(std::string_view key);
    bool set(std::string_view key, std::string_view value, std::chrono::seconds time_to_live);
    /// True when the key is now absent, whether or not it was there.
    bool remove(std::string_view key);

    /// False from the first failure until a command succeeds again; `/ready` then says "degraded".
    bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
    /// Asks the server (PING), so that health recovers without traffic.
    bool probe();

  private:
    struct Disconnect {
        void operator()(redisContext* context) const;
    };
    using Connection = std::unique_ptr<redisContext, Disconnect>;
    using Words = std::vector<std::string_view>;

    /// What the server said; an error it reported counts as a failure, not as a reply.
    struct Reply {
        bool nil = false;
        std::string text;
    };
    enum class Trouble { none, stale, failed };

    std::optional<Reply> command(const Words& words);
    Trouble exchange(redisContext& connection, const Words& words, Reply& reply) const;
    bool reserve();
    void release(Connection connection);
    Connection take_idle();
    Connection connect() const;
    void note(bool success);

    const RedisConfig config_;
    std::atomic<bool> healthy_{true};
    std::mutex mutex_;
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
