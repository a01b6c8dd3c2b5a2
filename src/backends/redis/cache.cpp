#include "backends/redis/cache.h"

#include <csignal>

namespace soma::backends {

using Kind = RedisAnswer::Kind;

RedisCache::RedisCache(RedisConfig config)
    : config_(std::move(config)), home_(std::make_shared<RedisNode>(config_)) {
    nodes_.emplace(std::pair(home_->host(), home_->port()), home_);
    std::signal(SIGPIPE, SIG_IGN);
}

RedisCache::~RedisCache() = default;

std::optional<std::string> RedisCache::get(std::string_view key) {
    auto answer = command({"GET", key});
    if (answer.kind != Kind::value) {
        return std::nullopt;
    }
    return std::move(answer.text);
}

bool RedisCache::set(std::string_view key, std::string_view value,
                     std::chrono::seconds time_to_live) {
    if (value.size() > kMaxCachedBytes || time_to_live.count() <= 0) {
        return false;
    }
    const std::string seconds = std::to_string(time_to_live.count());
    return command({"SET", key, value, "EX", seconds}).kind == Kind::value;
}

bool RedisCache::remove(std::string_view key) {
    return command({"UNLINK", key}).kind == Kind::value;
}

bool RedisCache::probe() {
    const bool answered = home_->send({"PING"}, false).kind == Kind::value;
    healthy_.store(answered, std::memory_order_relaxed);
    return answered;
}

RedisAnswer RedisCache::command(const Words& words) {
    const std::uint16_t slot = key_slot(words[1]);
    Node node = owner(slot);
    bool asking = false;
    for (int steps = 0; node != nullptr && steps <= kMaxRedirects; ++steps) {
        RedisAnswer answer = node->send(words, asking);
        if (answer.kind == Kind::value || answer.kind == Kind::nil) {
            healthy_.store(true, std::memory_order_relaxed);
            return answer;
        }
        asking = answer.kind == Kind::redirect && answer.redirect.ask;
        node = answer.kind == Kind::redirect ? follow(answer.redirect, *node, slot)
                                             : another(node, slot);
    }
    healthy_.store(false, std::memory_order_relaxed);
    return {};
}

RedisCache::Node RedisCache::owner(std::uint16_t slot) {
    const std::lock_guard lock(mutex_);
    const auto known = owners_.find(slot);
    return known == owners_.end() ? home_ : known->second;
}

RedisCache::Node RedisCache::follow(const Redirect& redirect, const RedisNode& from,
                                    std::uint16_t slot) {
    RedisConfig config = config_;
    config.host = redirect.host.empty() ? from.host() : redirect.host;
    config.port = redirect.port;
    const std::lock_guard lock(mutex_);
    if (nodes_.size() >= kMaxRedisNodes) {
        // Nodes come and go over the years; those in use are soon found again.
        owners_.clear();
        nodes_.clear();
        nodes_.emplace(std::pair(home_->host(), home_->port()), home_);
    }
    Node& node = nodes_[std::pair(config.host, config.port)];
    if (node == nullptr) {
        node = std::make_shared<RedisNode>(config);
    }
    if (!redirect.ask) {
        owners_[slot] = node;
    }
    return node;
}

RedisCache::Node RedisCache::another(const Node& than, std::uint16_t slot) {
    const std::lock_guard lock(mutex_);
    // What failed may have lost its slots to another node; any node knows to which.
    owners_.erase(slot);
    for (const auto& [_, node] : nodes_) {
        if (node != than) {
            return node;
        }
    }
    return nullptr;
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
