#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// One tenant's memories in the form that search needs, in memory: vectors, postings, sessions,
/// speakers, validity, and the texts of passages (≤ 2 KiB each). Every change keeps it exact: there
/// is no build step. Not thread-safe: many readers or one writer (backends/index holds the lock).
class Corpus {
  public:
    /// A memory's place here: stable while the memory stays, reused after its removal.
    using Slot = std::uint32_t;

    Corpus();
    ~Corpus();
    Corpus(Corpus&&) noexcept;
    Corpus& operator=(Corpus&&) noexcept;

    /// Adds a memory (≥ 1 passage, every vector of the corpus's dimension, which the first one
    /// sets). An id that is present already, or another dimension, throws Error internal.
    void add(const Memory& memory);
    /// Forgets a memory, in time proportional to its text. False: it is not here.
    bool remove(const Uuid& id);
    /// The old memory is no longer current from now on, whatever the time. False: it is not here.
    bool supersede(const Uuid& old, const Uuid& by);

    std::size_t size() const;  ///< memories
    std::size_t passage_count() const;
    std::size_t dimension() const;  ///< 0 while nothing was added
    std::optional<Slot> find(const Uuid& id) const;

    /// The facts as added (superseded_by as of now).
    MemoryFacts facts(Slot slot) const;
    /// The content as added, but `text` is the passage's, cut to 2 KiB at a character's boundary.
    MemoryContent content(Slot slot, std::uint32_t passage) const;
    /// Whether the memory's whole text is longer than the text `content` gives.
    bool truncated(Slot slot, std::uint32_t passage) const;
    math::QuantizedVector vector(Slot slot, std::uint32_t passage) const;
    std::uint32_t passages_of(Slot slot) const;

    /// The query without the names that are speakers of memories current at `now`: what is
    /// embedded. A query of nothing but names is returned as it is.
    std::string strip_names(std::string_view query, Time now) const;

    /// Bytes held: by search structures, and by texts and other content.
    std::size_t structure_bytes() const;
    std::size_t content_bytes() const;

  private:
    friend class Search;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace soma::domain
