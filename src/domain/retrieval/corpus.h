#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/memory/memory.h"
#include "domain/memory/time_scope.h"
#include "domain/retrieval/store/columns.h"
#include "domain/retrieval/store/links.h"
#include "domain/retrieval/store/name_table.h"
#include "domain/retrieval/store/postings.h"
#include "domain/retrieval/store/record.h"
#include "domain/retrieval/store/value_lists.h"
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
    /// What currents made of a link; unknown: nothing happens.
    void set_gain(const Gain& gain) { links_.set_gain(gain); }
    /// Forgets a memory with its links, in time that follows its text. False: it is not here.
    bool remove(const Uuid& id);
    /// The old memory lost its key: its validity ends where `by` says. False: it is not here.
    bool supersede(const Uuid& old, const Supersession& by);

    std::size_t size() const { return slots_by_id_.size(); }  ///< memories
    std::size_t passage_count() const { return postings_.texts(); }
    std::size_t dimension() const {
        return vectors_ ? vectors_->dimension() : 0;
    }  ///< 0: nothing yet
    std::optional<Slot> find(const Uuid& id) const;

    /// The facts as added, with the supersession that came since.
    MemoryFacts facts(Slot slot) const;
    /// The content as added, but `text` is the passage's, cut to 2 KiB at a character's boundary.
    MemoryContent content(Slot slot, std::uint32_t passage) const;
    /// Whether the memory's whole text is longer than the text `content` gives.
    bool truncated(Slot slot, std::uint32_t passage) const;
    math::QuantizedVector vector(Slot slot, std::uint32_t passage) const;

    /// The query without the names that are speakers of memories in scope: what is embedded. A
    /// query of nothing but names is returned as it is.
    std::string strip_names(std::string_view query, const TimeScope& time) const;

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
        Record record;
    };
    /// What a walk along a session reads, apart from the rest: under a narrow filter a walk takes
    /// many steps, and each would miss the cache in an array of whole entries.
    struct Place {
        std::uint32_t first_row = nothing;
        Slot previous = nothing;  ///< neighbours by (turn, sequence) in the session
        Slot next = nothing;
    };
    struct Row {
        Slot slot = nothing;
        std::uint32_t next_row = nothing;
        std::uint32_t passage = 0;
    };

    const Entry& entry(Slot slot) const { return entries_[slot]; }
    const Place& place(Slot slot) const { return places_[slot]; }
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

    const Columns& columns() const { return columns_; }
    const ValueLists& values() const { return values_; }
    /// Memories with more members of metadata than are kept in values(): theirs are read instead.
    const std::vector<Slot>& unlisted() const { return unlisted_; }
    const std::unordered_map<Slot, Supersession>& supersessions() const { return supersessions_; }
    Validity validity(Slot slot) const;

    /// No earlier than the last write here: a reader whose clock is behind the writer's, or was set
    /// back, must not see what that write replaced.
    Time not_before_last_write(Time now) const { return std::max(now, latest_); }
    /// The rows of memories in scope, and in `filter` where one is given (a set of rows).
    math::Bitmap scope(TimeScope time, const math::Bitmap* filter = nullptr) const;
    /// The rows of a set of slots; free ones have none.
    math::Bitmap rows_of(const math::Bitmap& slots) const;
    /// The speakers of memories in scope whose names occur in the query as whole words, same case.
    std::vector<std::uint32_t> speakers_named(std::string_view query,
                                              const math::Bitmap& scope) const;

  private:
    // A memory whose being current depends on the time, from the last write on.
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
    void enter_time(Slot slot);
    void leave_timed(Slot slot);
    void settle_timed();
    void stand(Slot slot, bool stands);
    bool is_overtaken(Slot slot, const TimeScope& time) const;
    std::vector<NamedValue> values_of(const MemoryFacts& facts, const MemoryContent& content,
                                      bool* unlisted) const;
    std::vector<std::string> terms_of(const Entry& entry, std::string_view passage_text) const;

    std::unordered_map<Uuid, Slot> slots_by_id_;
    std::vector<Entry> entries_;
    std::vector<Place> places_;  ///< by slot, as entries_
    std::vector<Slot> free_slots_;
    std::vector<Row> rows_;
    std::vector<std::uint32_t> free_rows_;
    math::Bitmap standing_;  ///< rows of memories that are, or may become, current
    std::optional<VectorRows> vectors_;
    Postings postings_;
    LinkTable links_;
    NameTable speakers_;
    NameTable sessions_;
    std::vector<std::vector<Slot>> turns_;  ///< by session
    std::vector<Timed> timed_;
    std::unordered_map<Slot, std::size_t> timed_places_;
    std::size_t settled_ = 0;    ///< timed_.size() when it was last gone through
    Time latest_ = Time::min();  ///< of all writes
    std::unordered_map<Slot, Supersession> supersessions_;
    Columns columns_;
    ValueLists values_;
    std::vector<Slot> unlisted_;
    std::size_t record_bytes_ = 0;
};

}  // namespace soma::domain
