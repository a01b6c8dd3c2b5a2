#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/slots.h"

struct redisContext;
struct redisReply;

namespace soma::backends {

/// The `cache` server: no persistence, eviction on. What it holds is a projection and may vanish.
/// It may be one node of a cluster, whose other nodes are found by its redirects and take the same
/// password.
struct RedisConfig {
    std::string host = "127.0.0.1";
    int port = 6379;
    std::string password;         ///< empty: none is sent
    std::size_t connections = 4;  ///< to each node
    std::chrono::milliseconds connect_timeout{50};
    std::chrono::milliseconds command_timeout{50};
    std::chrono::milliseconds first_back_off{100};  ///< doubles with each failed attempt
    std::chrono::milliseconds longest_back_off{5000};
};

/// What a node made of a command.
struct RedisAnswer {
    enum class Kind : std::uint8_t {
        value,
        nil,
        redirect,  ///< another node has the key
        full,      ///< it holds as much as it may, and evicts nothing; nothing was written
        failed,    ///< an error, no answer, or not asked: the node is backed off from
    };
    Kind kind = Kind::failed;
    std::string text;
    std::int64_t number = 0;         ///< of an integer
    std::vector<RedisAnswer> items;  ///< of an array
    Redirect redirect;
};

/// One server, with connections that are kept and reused. After a failure its calls fail at once
/// until the back-off is over. Thread-safe; a call waits for a free connection no longer
/// than the command timeout.
class RedisNode {
  public:
    /// `config` with the node's own host and port.
    explicit RedisNode(RedisConfig config);
    ~RedisNode();
    RedisNode(const RedisNode&) = delete;
    RedisNode& operator=(const RedisNode&) = delete;

    using Words = std::vector<std::string_view>;
    /// One command that may be sent twice: a kept connection that has closed is replaced. With
    /// `asking` the node also serves a slot that is still on its way to it.
    RedisAnswer send(const Words& words, bool asking);

    const std::string& host() const { return config_.host; }
    int port() const { return config_.port; }

  private:
    struct Disconnect {
        void operator()(redisContext* context) const;
    };
    using Connection = std::unique_ptr<redisContext, Disconnect>;
    enum class Trouble : std::uint8_t { none, stale, failed };

    static Trouble read_reply(const redisReply& reply, RedisAnswer& answer);
    static Trouble exchange(redisContext& connection, const Words& words, RedisAnswer& answer);
    static Trouble ask(redisContext& connection, const Words& words, bool asking,
                       RedisAnswer& answer);
    bool reserve();
    void release(Connection connection);
    Connection take_idle();
    Connection connect() const;
    void note(bool answered);

    const RedisConfig config_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Connection> idle_;
    std::size_t in_use_ = 0;
    std::chrono::milliseconds back_off_{0};
    std::chrono::steady_clock::time_point retry_at_{};
};

}  // namespace soma::backends
