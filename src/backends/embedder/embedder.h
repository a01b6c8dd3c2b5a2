#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace soma::backends {

/// What an embedder has done since it started; counters only grow.
struct EmbedderStats {
    std::uint64_t embedded = 0;  ///< texts turned into vectors
    std::uint64_t pieces = 0;    ///< word pieces in them
    std::uint64_t busy_us = 0;   ///< time spent computing, summed over threads
    std::uint64_t refused = 0;   ///< turned away because the queue was full
    std::uint64_t expired = 0;   ///< given up at their deadline
    std::size_t queued = 0;      ///< waiting now
};

/// The counters behind EmbedderStats, one set an embedder. Thread-safe.
struct EmbedderCounters {
    std::atomic<std::uint64_t> embedded{0};
    std::atomic<std::uint64_t> pieces{0};
    std::atomic<std::uint64_t> busy_us{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> expired{0};

    EmbedderStats read(std::size_t queued) const {
        return {.embedded = embedded,
                .pieces = pieces,
                .busy_us = busy_us,
                .refused = refused,
                .expired = expired,
                .queued = queued};
    }
};

/// Turns text into unit vectors of one model. Two real ones exist: LocalEmbedder in this process,
/// and HttpEmbedder for a server that speaks the OpenAI form. All members are safe from any thread.
class Embedder {
  public:
    virtual ~Embedder() = default;

    /// Travels with every vector: vectors of different names are never compared.
    virtual std::string_view model() const = 0;
    virtual std::size_t dimension() const = 0;

    /// The size of a text in the model's own pieces, and the most it takes at once. A longer text
    /// is split by the caller (domain/memory/passages.h); what is still longer is cut off, not
    /// refused.
    virtual std::size_t count_pieces(std::string_view text) const = 0;
    virtual std::size_t max_pieces() const = 0;

    /// The unit vector of a non-empty valid UTF-8 text. Throws Error: `unavailable` when the queue
    /// is full or the server does not answer well, `deadline_exceeded` when time ran out.
    virtual std::vector<float> embed(std::string_view text, const Deadline& deadline) = 0;

    /// One vector a text, in order; the same vectors as `embed` gives one by one. All or nothing.
    virtual std::vector<std::vector<float>> embed_many(std::span<const std::string> texts,
                                                       const Deadline& deadline) = 0;

    virtual EmbedderStats stats() const = 0;
};

}  // namespace soma::backends
