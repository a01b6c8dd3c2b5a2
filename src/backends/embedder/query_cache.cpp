#include "backends/embedder/query_cache.h"

namespace soma::backends {

QueryCache::QueryCache(Embedder& embedder, std::size_t limit)
    : embedder_(embedder), limit_(limit) {}

std::vector<float> QueryCache::embed(std::string_view text, const Deadline& deadline) {
    std::vector<float> vector;
    if (find(text, vector)) return vector;
    // Outside the lock: computing takes a thousand times longer than a look-up.
    vector = embedder_.embed(text, deadline);
    keep(text, vector);
    return vector;
}

void QueryCache::clear() {
    const std::lock_guard lock(mutex_);
    by_text_.clear();
    entries_.clear();
}

QueryCache::Stats QueryCache::stats() const {
    const std::lock_guard lock(mutex_);
    return {hits_, misses_, entries_.size()};
}

bool QueryCache::find(std::string_view text, std::vector<float>& vector) {
    const std::lock_guard lock(mutex_);
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) {
        ++misses_;
        return false;
    }
    ++hits_;
    entries_.splice(entries_.begin(), entries_, found->second);
    vector = found->second->vector;
    return true;
}

void QueryCache::keep(std::string_view text, const std::vector<float>& vector) {
    const std::lock_guard lock(mutex_);
    if (limit_ == 0 || by_text_.contains(text)) return;
    if (entries_.size() == limit_) {
        by_text_.erase(entries_.back().text);
        entries_.pop_back();
    }
    entries_.push_front({std::string(text), vector});
    by_text_.emplace(entries_.front().text, entries_.begin());
}

}  // namespace soma::backends
