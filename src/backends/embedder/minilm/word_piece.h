#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace soma::backends {

/// BERT's uncased tokenizer: clean-up, spaces around ideographs, NFD without accents, lower case, a
/// split at white space and punctuation, then greedy longest-match word pieces. Ids equal those of
/// the `tokenizers` package for every code point both know (its Unicode tables are another
/// version's). Text is data: "[SEP]" in it is five characters in brackets, never the separator.
///
/// Input must be valid UTF-8. Immutable after construction, safe from any thread. Time is linear in
/// the text: a piece has at most `longest_piece_` bytes, a longer word than 100 characters is
/// [UNK].
class WordPiece {
  public:
    using Id = std::int32_t;

    /// `vocabulary` is vocab.txt: one piece a line, the line's number its id. Throws Error
    /// (unavailable) when a piece is doubled or [CLS], [SEP] or [UNK] is missing.
    explicit WordPiece(std::string vocabulary);

    /// [CLS] pieces [SEP], at most `limit` (≥ 2) ids: what does not fit is cut off before [SEP].
    std::vector<Id> encode(std::string_view text, std::size_t limit) const;

    /// The number of pieces without [CLS] and [SEP].
    std::size_t count(std::string_view text) const;

    std::size_t vocabulary_size() const { return pieces_.size(); }

  private:
    struct Slot {
        std::uint64_t hash = 0;
        Id id = -1;
    };

    void index_piece(Id id);
    const Slot* find(std::uint64_t hash, std::string_view prefix, std::string_view piece) const;
    /// Appends the pieces of one normalised word; false once `out` holds `limit` ids.
    bool append_word(std::string_view word, std::size_t limit, std::vector<Id>& out) const;
    void append_pieces(std::string_view text, std::size_t limit, std::vector<Id>& out) const;

    std::string vocabulary_;
    std::vector<std::string_view> pieces_;
    std::vector<Slot> slots_;  ///< open addressing, a power of two, at most a quarter full
    std::size_t longest_piece_ = 0;
    Id cls_ = -1;
    Id sep_ = -1;
    Id unknown_ = -1;
};

}  // namespace soma::backends
