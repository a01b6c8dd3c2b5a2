#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/memory.h"
#include "domain/retrieval/store/links.h"
#include "domain/retrieval/store/name_table.h"
#include "domain/retrieval/store/postings.h"
#include "domain/retrieval/store/record.h"
#include "domain/retrieval/store/vector_rows.h"
#include "math/scan/bitmap.h"

namespace soma::domain {

/// One tenant's memories in the form that search needs, in memory: vectors, postings, sessions,
/// speakers, validity, and the texts of passages. Every change keeps it exact: there is no build
/// step. Not thread-safe: many readers or one writer (backends/index holds the lock).
class Corpus {
  public:
    /// A memory's place here: stable while the memory stays, reused after its removal.
    using Slot = std::uint32_t;

    /// Of a passage's text, what an answer carries.
    static constexpr std::size_t max_answer_text_bytes = 2048;

    /// Adds a memory (≥ 1 passage, every vector of the corpus's dimension, which the first one
    /// sets). An id that is here already, another dimension, or more than 2^24 passages: Error
    /// internal, and nothing is changed.
    void add(const Memory& memory);
    /// A link as it is now. Its ends may be unknown, or come later.
    void put_link(const Link& link) { links_.put(link); }
    /// Forgets a memory with its links, in time that follows its text. False: it is not here.
    bool remove(const Uuid& id);
    /// The old memory is no longer current from now on, whatever the time, and its validity ends at
    /// `valid_to` where one is given. False: it is not here.
    bool supersede(const Uuid& old, const Uuid& by, std::optional<Time> valid_to = std::nullopt);

    std::size_t size() const { return slots_by_id_.size(); }  ///< memories
    std::size_t passage_count() const { return postings_.texts(); }
    std::size_t dimension() const {
        return vectors_ ? vectors_->dimension() : 0;
    }  ///< 0: nothing yet
    std::optional<Slot> find(const Uuid& id) const;

    /// The facts as added, superseded_by and valid_to as of now.
    MemoryFacts facts(Slot slot) const;
    /// The content as added, but `text` is the passage's, cut to 2 KiB at a character's boundary.
    MemoryContent content(Slot slot, std::uint32_t passage) const;
    /// Whether the memory's whole text is longer than the text `content` gives.
    bool truncated(Slot slot, std::uint32_t passage) const;
    math::QuantizedVector vector(Slot slot, std::uint32_t passage) const;

    /// The query without the names that are speakers of memories current at `now`: what is
    /// embedded. A query of nothing but names is returned as it is.
    std::string strip_names(std::string_view query, Time now) const;

    /// Bytes held by search structures, and by texts and other content.
    std::size_t structure_bytes() const;
    std::size_t content_bytes() const { return record_bytes_; }

    // What search reads. Rows are passages; the rows of a memory are chained.
    struct Entry {
        Uuid id;
        std::uint64_t sequence = 0;
        Time when;               ///< occurred_at, else created_at: recency's
        std::int64_t turn = -1;  ///< −1: none
        std::uint32_t speaker = nothing;
        std::uint32_t session = nothing;
        std::uint32_t first_row = nothing;
        Slot previous = nothing;  ///< neighbours by (turn, sequence) in the session
        Slot next = nothing;
        bool superseded = false;
        Record record;
    };
    struct Row {
        Slot slot = nothing;
        std::uint32_t next_row = nothing;
        std::uint32_t passage = 0;
    };

    const Entry& entry(Slot slot) const { return entries_[slot]; }
    const Row& row(std::uint32_t number) const { return rows_[number]; }
    std::size_t slot_end() const { return entries_.size(); }
    std::size_t row_end() const { return rows_.size(); }
    const LinkTable& links() const { return links_; }
    const Postings& postings() const { return postings_; }
    const VectorRows& vectors() const { return *vectors_; }  ///< only where dimension() > 0
    const NameTable& speakers() const { return speakers_; }
    std::size_t session_end() const { return sessions_.end(); }
    /// The session's memories, ordered by (turn, sequence).
    const std::vector<Slot>& session(std::uint32_t number) const { return turns_[number]; }

    /// The rows of memories current at `now`, and in `filter` where one is given (a set of rows).
    math::Bitmap scope(Time now, const math::Bitmap* filter = nullptr) const;
    /// The rows of the memories for which `wanted(slot)` holds: a filter for `scope`.
    template <typename Wanted>
    math::Bitmap rows_where(Wanted wanted) const {
        math::Bitmap chosen(rows_.size());
        for (std::size_t number = 0; number < rows_.size(); ++number) {
            if (rows_[number].slot != nothing && wanted(rows_[number].slot)) {
                chosen.set(number);
            }
        }
        return chosen;
    }
    /// The speakers of memories in scope whose names occur in the query as whole words, same case.
    std::vector<std::uint32_t> speakers_named(std::string_view query,
                                              const math::Bitmap& scope) const;

  private:
    struct Successor {
        Uuid by;
        std::optional<Time> valid_to;
    };
    // A memory whose being current depends on the time.
    struct Timed {
        Slot slot = nothing;
        Time from = Time::min();
        Time until = Time::max();
    };

    Slot take_slot();
    std::uint32_t take_row();
    void add_rows(Slot slot, const Memory& memory);
    void enter_session(Slot slot);
    void leave_session(Slot slot);
    void enter_timed(Slot slot, const MemoryFacts& facts);
    void leave_timed(Slot slot);
    std::vector<std::string> terms_of(const Entry& entry, std::string_view passage_text) const;

    std::unordered_map<Uuid, Slot> slots_by_id_;
    std::vector<Entry> entries_;
    std::vector<Slot> free_slots_;
    std::vector<Row> rows_;
    std::vector<std::uint32_t> free_rows_;
    math::Bitmap standing_;  ///< rows of memories that nobody superseded
    std::optional<VectorRows> vectors_;
    Postings postings_;
    LinkTable links_;
    NameTable speakers_;
    NameTable sessions_;
    std::vector<std::vector<Slot>> turns_;  ///< by session
    std::vector<Timed> timed_;
    std::unordered_map<Slot, std::size_t> timed_places_;
    std::unordered_map<Slot, Successor> successors_;
    std::size_t record_bytes_ = 0;
};

}  // namespace soma::domain
