#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "backends/redis/node.h"
#include "base/uuid.h"

namespace soma::backends {

/// Values longer than this are not cached.
inline constexpr std::size_t kMaxCachedBytes = 1024 * 1024;
/// A command follows so many redirects (and dead nodes) and then is a miss.
inline constexpr int kMaxRedirects = 5;
/// So many nodes of a cluster are known at once.
inline constexpr std::size_t kMaxRedisNodes = 64;

/// Redis that may be away: a failure is a miss (nullopt, false), never an exception, and while the
/// server is known to be down calls return at once without touching the network. The server may be
/// a node of a Redis Cluster: MOVED and ASK are followed, and who has which slot is remembered.
/// Thread-safe; a call waits for a free connection no longer than the command timeout. Construction
/// ignores SIGPIPE for the process, because hiredis writes to sockets that may have closed.
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
    using Words = RedisNode::Words;
    /// Shared, because a node may be forgotten while another thread still speaks to it.
    using Node = std::shared_ptr<RedisNode>;

    /// `words[1]` is the key.
    RedisAnswer command(const Words& words);
    Node owner(std::uint16_t slot);
    Node follow(const Redirect& redirect, const RedisNode& from, std::uint16_t slot);
    Node another(const Node& than, std::uint16_t slot);

    const RedisConfig config_;
    const Node home_;
    std::atomic<bool> healthy_{true};
    std::mutex mutex_;
    std::map<std::pair<std::string, int>, Node> nodes_;
    std::unordered_map<std::uint16_t, Node> owners_;  ///< of slots that are not home's
};

/// "<room>:{<tenant uuid>}:<rest>": the braces are Redis Cluster's hash tag, so one tenant's keys
/// share a slot and never mix with another's.
std::string cache_key(std::string_view room, const Uuid& tenant, std::string_view rest);

}  // namespace soma::backends
