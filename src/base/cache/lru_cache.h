#pragma once
#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace soma {

/// At most `capacity` entries; the one not touched for longest leaves. O(1) each. Not thread-safe:
/// its owner locks. A capacity of 0 keeps nothing.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class LruCache {
  public:
    explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

    /// The entry, now the freshest, or nullptr. Valid until the next change.
    Value* find(const Key& key) {
        const auto found = places_.find(key);
        if (found == places_.end()) {
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->second;
    }

    /// Adds or replaces; the entry is then the freshest.
    void put(const Key& key, Value value) {
        if (Value* old = find(key)) {
            *old = std::move(value);
            return;
        }
        if (capacity_ == 0) {
            return;
        }
        if (entries_.size() == capacity_) {
            places_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(key, std::move(value));
        places_.emplace(key, entries_.begin());
    }

    /// True when there was such an entry.
    bool erase(const Key& key) {
        const auto found = places_.find(key);
        if (found == places_.end()) {
            return false;
        }
        entries_.erase(found->second);
        places_.erase(found);
        return true;
    }

    void clear() {
        places_.clear();
        entries_.clear();
    }
    std::size_t size() const { return entries_.size(); }

  private:
    using Entries = std::list<std::pair<Key, Value>>;

    std::size_t capacity_;
    Entries entries_;  ///< freshest first
    std::unordered_map<Key, typename Entries::iterator, Hash> places_;
};

}  // namespace soma
