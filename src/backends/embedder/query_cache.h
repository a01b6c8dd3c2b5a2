#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/embedder/embedder.h"

namespace soma::backends {

/// The vectors of the queries last asked, by their exact text, in front of an embedder. Holds at
/// most `limit` entries of some 2 KB each; the one unused longest makes room. Safe from any thread.
/// Two callers that miss the same text at once both compute it: they get the same vector.
class QueryCache {
  public:
    struct Stats {
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
        std::size_t entries = 0;
    };

    /// `embedder` must outlive the cache. A limit of 0 switches it off.
    QueryCache(Embedder& embedder, std::size_t limit);

    /// As Embedder::embed; errors are not kept.
    std::vector<float> embed(std::string_view text, const Deadline& deadline);

    /// Forgets all queries: one of them may name somebody who was erased.
    void clear();

    Stats stats() const;

  private:
    struct Entry {
        std::string text;
        std::vector<float> vector;
    };
    using Entries = std::list<Entry>;  ///< most recently used first

    bool find(std::string_view text, std::vector<float>& vector);
    void keep(std::string_view text, const std::vector<float>& vector);

    Embedder& embedder_;
    std::size_t limit_;
    mutable std::mutex mutex_;
    Entries entries_;
    /// Views into the entries: list nodes do not move.
    std::unordered_map<std::string_view, Entries::iterator> by_text_;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

}  // namespace soma::backends
