#include "backends/redis/node.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
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

void RedisNode::Disconnect::operator()(redisContext* context) const {
    redisFree(context);
}

RedisNode::RedisNode(RedisConfig config) : config_(std::move(config)) {}

RedisNode::~RedisNode() = default;

RedisAnswer RedisNode::send(const Words& words, bool asking) {
    RedisAnswer answer;
    if (!reserve()) {
        return answer;
    }
    Connection connection = take_idle();
    Trouble trouble = Trouble::stale;
    if (connection != nullptr) {
        trouble = ask(*connection, words, asking, answer);
    }
    // An idle connection may have been closed since; a fresh one tells whether the server is there.
    // Every command here may be repeated.
    if (trouble == Trouble::stale) {
        connection = connect();
        trouble = connection == nullptr ? Trouble::failed : ask(*connection, words, asking, answer);
    }
    if (trouble != Trouble::none) {
        connection.reset();
    }
    release(std::move(connection));
    note(trouble == Trouble::none);
    return trouble == Trouble::none ? std::move(answer) : RedisAnswer{};
}

RedisNode::Trouble RedisNode::ask(redisContext& connection, const Words& words, bool asking,
                                  RedisAnswer& answer) {
    if (asking) {
        const auto trouble = exchange(connection, {"ASKING"}, answer);
        if (trouble != Trouble::none) {
            return trouble;
        }
    }
    return exchange(connection, words, answer);
}

RedisNode::Trouble RedisNode::exchange(redisContext& connection, const Words& words,
                                       RedisAnswer& answer) {
    std::vector<const char*> parts;
    std::vector<std::size_t> sizes;
    for (const std::string_view word : words) {
        parts.push_back(word.data());
        sizes.push_back(word.size());
    }
    const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(
        redisCommandArgv(&connection, static_cast<int>(parts.size()), parts.data(), sizes.data())));
    if (reply == nullptr) {
        // A timeout is not worth another wait; a closed connection is worth another attempt.
        const bool timed_out = connection.err == REDIS_ERR_IO && errno == EAGAIN;
        return timed_out ? Trouble::failed : Trouble::stale;
    }
    return read_reply(*reply, answer);
}

RedisNode::Trouble RedisNode::read_reply(const redisReply& reply, RedisAnswer& answer) {
    answer.text.assign(reply.str != nullptr ? reply.str : "", reply.len);
    answer.kind = reply.type == REDIS_REPLY_NIL ? RedisAnswer::Kind::nil : RedisAnswer::Kind::value;
    answer.number = reply.integer;
    answer.items.resize(reply.elements);
    for (std::size_t i = 0; i < reply.elements; ++i) {
        read_reply(*reply.element[i], answer.items[i]);
    }
    if (reply.type != REDIS_REPLY_ERROR) {
        return Trouble::none;
    }
    if (answer.text.starts_with("OOM ")) {
        answer.kind = RedisAnswer::Kind::full;
        return Trouble::none;
    }
    auto redirect = parse_redirect(answer.text);
    if (!redirect) {
        return Trouble::failed;
    }
    answer.kind = RedisAnswer::Kind::redirect;
    answer.redirect = std::move(*redirect);
    return Trouble::none;
}

bool RedisNode::reserve() {
    std::unique_lock lock(mutex_);
    if (SteadyClock::now() < retry_at_) {
        return false;
    }
    const bool free = freed_.wait_for(lock, config_.command_timeout,
                                      [this] { return in_use_ < config_.connections; });
    in_use_ += free ? 1 : 0;
    return free;
}

void RedisNode::release(Connection connection) {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (connection != nullptr) {
            idle_.push_back(std::move(connection));
        }
    }
    freed_.notify_one();
}

RedisNode::Connection RedisNode::take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
        return nullptr;
    }
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
}

RedisNode::Connection RedisNode::connect() const {
    Connection connection(redisConnectWithTimeout(config_.host.c_str(), config_.port,
                                                  to_timeval(config_.connect_timeout)));
    if (connection == nullptr || connection->err != 0 ||
        redisSetTimeout(connection.get(), to_timeval(config_.command_timeout)) != REDIS_OK) {
        return nullptr;
    }
    RedisAnswer ignored;
    if (!config_.password.empty() &&
        exchange(*connection, {"AUTH", config_.password}, ignored) != Trouble::none) {
        return nullptr;
    }
    return connection;
}

void RedisNode::note(bool answered) {
    const std::lock_guard lock(mutex_);
    if (answered) {
        back_off_ = {};
        retry_at_ = {};
        return;
    }
    idle_.clear();  // whatever broke this connection most likely broke the others
    back_off_ = std::clamp(back_off_ * 2, config_.first_back_off, config_.longest_back_off);
    retry_at_ = SteadyClock::now() + back_off_;
}

}  // namespace soma::backends
