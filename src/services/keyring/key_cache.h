#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/cache/lru_cache.h"
#include "base/error.h"
#include "base/time.h"

namespace soma::services {

/// A bounded cache in front of something slow: entries are used for `max_age` at most, and
/// concurrent misses for one key share a single load ("single flight"). Thread-safe.
template <typename Value>
class KeyCache {
  public:
    using Pointer = std::shared_ptr<const Value>;

    KeyCache(std::size_t capacity, std::chrono::seconds max_age)
        : max_age_(max_age), entries_(capacity) {}

    /// The cached value, or what `load` returns, which is kept unless it is nullptr or throws; who
    /// waited for the same load gets the same. `flight` names loads that may stand in for each
    /// other.
    Pointer get(const std::string& key, const std::string& flight, const Deadline& deadline,
                const std::function<Pointer()>& load) {
        std::unique_lock lock(mutex_);
        if (const Entry* entry = entries_.find(key);
            entry != nullptr && Clock::now() - entry->at <= max_age_) {
            return entry->value;
        }
        if (const auto found = flights_.find(flight); found != flights_.end()) {
            const auto shared = found->second;
            lock.unlock();
            return wait(shared, deadline);
        }
        std::promise<Pointer> promise;
        flights_.emplace(flight, promise.get_future().share());
        const std::uint64_t epoch = epoch_;
        lock.unlock();
        return lead(key, flight, epoch, promise, load);
    }

    /// Drops the key; a load under way will not put it back.
    void forget(const std::string& key) {
        const std::lock_guard lock(mutex_);
        ++epoch_;
        entries_.erase(key);
    }

  private:
    using Clock = std::chrono::steady_clock;
    using Flight = std::shared_future<Pointer>;
    struct Entry {
        Pointer value;
        Clock::time_point at;
    };

    static Pointer wait(const Flight& flight, const Deadline& deadline) {
        if (flight.wait_until(deadline.at()) != std::future_status::ready) {
            throw Error(ErrorKind::unavailable, "the key store is slow");
        }
        return flight.get();
    }

    Pointer lead(const std::string& key, const std::string& flight, std::uint64_t epoch,
                 std::promise<Pointer>& promise, const std::function<Pointer()>& load) {
        try {
            Pointer value = load();
            land(key, flight, epoch, value);
            promise.set_value(value);
            return value;
        } catch (...) {
            land(key, flight, epoch, nullptr);
            promise.set_exception(std::current_exception());
            throw;
        }
    }

    void land(const std::string& key, const std::string& flight, std::uint64_t epoch,
              const Pointer& value) {
        const std::lock_guard lock(mutex_);
        flights_.erase(flight);
        if (value != nullptr && epoch == epoch_) {
            entries_.put(key, Entry{value, Clock::now()});
        }
    }

    std::mutex mutex_;
    const std::chrono::seconds max_age_;
    LruCache<std::string, Entry> entries_;
    std::unordered_map<std::string, Flight> flights_;
    std::uint64_t epoch_ = 0;  ///< counts forget()s
};

}  // namespace soma::services
