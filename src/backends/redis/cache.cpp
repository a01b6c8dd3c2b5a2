#include "backends/redis/cache.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace soma::backends {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

timeval to_timeval(std::chrono::milliseconds time) {
    const auto count = time.count();
    return {static_cast<time_t>(count / 1000), static_cast<suseconds_t>(count % 1000 * 1000)};
}

}  // namespace

void RedisCache::Disconnect::operator()(redisContext* context) const {
    redisFree(context);
}

RedisCache::RedisCache(RedisConfig config) : config_(std::move(config)) {
    std::signal(SIGPIPE, SIG_IGN);
}

RedisCache::~RedisCache() = default;

std::optional<std::string> RedisCache::get(std::string_view key) {
    auto reply = command({"GET", key});
    if (!reply || reply->nil) {
        return std::nullopt;
    }
    return std::move(reply->text);
}

bool RedisCache::set(std::string_view key, std::string_view value,
                     std::chrono::seconds time_to_live) {
    if (value.size() > kMaxCachedBytes || time_to_live.count() <= 0) {
        return false;
    }
    const std::string seconds = std::to_string(time_to_live.count());
    return command({"SET", key, value, "EX", seconds}).has_value();
}

bool RedisCache::remove(std::string_view key) {
    return command({"UNLINK", key}).has_value();
}

bool RedisCache::probe() {
    return command({"PING"}).has_value();
}

std::optional<RedisCache::Reply> RedisCache::command(const Words& words) {
    if (!reserve()) {
        return std::nullopt;
    }
    Reply reply;
    Connection connection = take_idle();
    Trouble trouble = Trouble::stale;
    if (connection != nullptr) {
        trouble = exchange(*connection, words, reply);
    }
    // An idle connection may have been closed since; a fresh one tells whether the server is there.
    // Every command here may be repeated.
    if (trouble == Trouble::stale) {
        connection = connect();
        trouble = connection == nullptr ? Trouble::failed : exchange(*connection, words, reply);
    }
    if (trouble != Trouble::none) {
        connection.reset();
    }
    release(std::move(connection));
    note(trouble == Trouble::none);
    return trouble == Trouble::none ? std::optional(std::move(reply)) : std::nullopt;
}

RedisCache::Trouble RedisCache::exchange(redisContext& connection, const Words& words,
                                         Reply& reply) const {
    std::vector<const char*> parts;
    std::vector<std::size_t> sizes;
    for (const std::string_view word : words) {
        parts.push_back(word.data());
        sizes.push_back(word.size());
    }
    const std::unique_ptr<redisReply, FreeReply> answer(static_cast<redisReply*>(
        redisCommandArgv(&connection, static_cast<int>(parts.size()), parts.data(), sizes.data())));
    if (answer == nullptr) {
        // A timeout is not worth another wait; a closed connection is worth another attempt.
        const bool timed_out = connection.err == REDIS_ERR_IO && errno == EAGAIN;
        return timed_out ? Trouble::failed : Trouble::stale;
    }
    if (answer->type == REDIS_REPLY_ERROR) {
        return Trouble::failed;
    }
    reply.nil = answer->type == REDIS_REPLY_NIL;
    if (answer->str != nullptr) {
        reply.text.assign(answer->str, answer->len);
    }
    return Trouble::none;
}

bool RedisCache::reserve() {
    std::unique_lock lock(mutex_);
    if (SteadyClock::now() < retry_at_) {
        return false;
    }
    const bool free = freed_.wait_for(lock, config_.command_timeout,
                                      [this] { return in_use_ < config_.connections; });
    in_use_ += free ? 1 : 0;
    return free;
}

void RedisCache::release(Connection connection) {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (connection != nullptr) {
            idle_.push_back(std::move(connection));
        }
    }
    freed_.notify_one();
}

RedisCache::Connection RedisCache::take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
        return nullptr;
    }
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
}

RedisCache::Connection RedisCache::connect() const {
    Connection connection(redisConnectWithTimeout(config_.host.c_str(), config_.port,
                                                  to_timeval(config_.connect_timeout)));
    if (connection == nullptr || connection->err != 0 ||
        redisSetTimeout(connection.get(), to_timeval(config_.command_timeout)) != REDIS_OK) {
        return nullptr;
    }
    Reply ignored;
    if (!config_.password.empty() &&
        exchange(*connection, {"AUTH", config_.password}, ignored) != Trouble::none) {
        return nullptr;
    }
    return connection;
}

void RedisCache::note(bool success) {
    healthy_.store(success, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (success) {
        back_off_ = {};
        retry_at_ = {};
        return;
    }
    idle_.clear();  // whatever broke this connection most likely broke the others
    back_off_ = std::clamp(back_off_ * 2, config_.first_back_off, config_.longest_back_off);
    retry_at_ = SteadyClock::now() + back_off_;
}

std::string cache_key(std::string_view room, const Uuid& tenant, std::string_view rest) {
    std::string key(room);
    key += ":{";
    key += tenant.to_string();
    key += "}:";
    key += rest;
    return key;
}

}  // namespace soma::backends
