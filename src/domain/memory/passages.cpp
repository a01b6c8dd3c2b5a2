#include "domain/memory/passages.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

using CountPieces = std::function<std::size_t(std::string_view)>;

/// How good a place to cut lies at the end of an atom.
enum class Break : std::uint8_t { inside_word, word, sentence, paragraph };

/// The smallest stretch that is moved as a whole: a word with the white space after it, or 32 code
/// points of something without any.
struct Atom {
    std::size_t end = 0;     ///< byte offset; it begins where the one before ends
    std::size_t pieces = 0;  ///< of all atoms up to and including this one
    Break after = Break::word;
};

constexpr std::size_t kLongestAtom = 32;  // code points; at most 128 pieces, so two always fit
constexpr std::size_t kLeastFill = kMaxPassagePieces / 2;

bool ends_sentence(char32_t c) {
    return c == U'.' || c == U'!' || c == U'?' || c == U'…' || c == U'。' || c == U'！' ||
           c == U'？';
}
/// Ideographic sentences go on without a space.
bool ends_sentence_alone(char32_t c) {
    return c == U'。' || c == U'！' || c == U'？';
}
bool closes(char32_t c) {
    return c == U'"' || c == U'\'' || c == U')' || c == U']' || c == U'”' || c == U'’' ||
           c == U'」';
}

/// Walks the text once and says where atoms end.
class AtomScanner {
  public:
    AtomScanner(std::string_view text, const CountPieces& count) : text_(text), count_(count) {}

    std::vector<Atom> scan() {
        for (std::size_t at = 0; at < text_.size();) {
            const auto [value, length] = decode_at(text_, at);
            if (is_whitespace(value)) {
                in_space_ = true;
                if (value == U'\n') ++newlines_;
            } else {
                if (in_space_ && length_ > 0) close(at, after_space());
                if (length_ == kLongestAtom) close(at, Break::inside_word);
                in_space_ = false;
                newlines_ = 0;
                ++length_;
                sentence_ended_ = ends_sentence(value) || (sentence_ended_ && closes(value));
            }
            at += length;
            if (ends_sentence_alone(value)) close(at, Break::sentence);
        }
        if (begin_ < text_.size()) close(text_.size(), Break::paragraph);
        return std::move(atoms_);
    }

  private:
    Break after_space() const {
        if (newlines_ >= 2) return Break::paragraph;
        return sentence_ended_ || newlines_ == 1 ? Break::sentence : Break::word;
    }

    void close(std::size_t end, Break after) {
        pieces_ += count_(text_.substr(begin_, end - begin_));
        atoms_.push_back({end, pieces_, after});
        begin_ = end;
        length_ = 0;
    }

    std::string_view text_;
    const CountPieces& count_;
    std::vector<Atom> atoms_;
    std::size_t begin_ = 0;
    std::size_t pieces_ = 0;
    std::size_t length_ = 0;  ///< code points of the atom that are not white space
    std::size_t newlines_ = 0;
    bool in_space_ = false;
    bool sentence_ended_ = false;
};

/// Chooses passages as ranges of atoms [first, last).
class Splitter {
  public:
    Splitter(std::string_view text, const CountPieces& count)
        : text_(text), count_(count), atoms_(AtomScanner(text, count).scan()) {}

    std::vector<PassageSpan> split() const {
        std::vector<PassageSpan> passages;
        std::size_t first = 0;
        std::size_t covered = 0;
        while (covered < atoms_.size()) {
            std::size_t last = end_of_passage(first);
            // An overlap that leaves no room for anything new is given up.
            if (last <= covered) last = end_of_passage(first = covered);
            if (passages.size() + 1 == kMaxPassages) last = atoms_.size();
            passages.push_back({static_cast<std::uint32_t>(begin_of(first)),
                                static_cast<std::uint32_t>(begin_of(last))});
            covered = last;
            first = next_begin(first, last);
        }
        return passages;
    }

  private:
    std::size_t begin_of(std::size_t atom) const { return atom == 0 ? 0 : atoms_[atom - 1].end; }
    std::size_t pieces_in(std::size_t first, std::size_t last) const {
        const std::size_t before = first == 0 ? 0 : atoms_[first - 1].pieces;
        return last == first ? 0 : atoms_[last - 1].pieces - before;
    }

    /// The first atom that would not fit any more, at least one further than `first`.
    std::size_t furthest(std::size_t first) const {
        const std::size_t before = first == 0 ? 0 : atoms_[first - 1].pieces;
        const auto beyond = std::upper_bound(
            atoms_.begin() + static_cast<std::ptrdiff_t>(first), atoms_.end(),
            before + kMaxPassagePieces,
            [](std::size_t limit, const Atom& atom) { return limit < atom.pieces; });
        return std::max(first + 1, static_cast<std::size_t>(beyond - atoms_.begin()));
    }

    std::size_t end_of_passage(std::size_t first) const {
        const std::size_t limit = furthest(first);
        std::size_t last = limit == atoms_.size() ? limit : best_cut(first, limit);
        // Sums are exact at white space only: what was cut inside words is counted again as a
        // whole.
        while (last > first + 1 && really(first, last) > kMaxPassagePieces) {
            last = first + std::max<std::size_t>(1, (last - first) * 3 / 4);
        }
        return last;
    }

    std::size_t really(std::size_t first, std::size_t last) const {
        const auto inside = [](const Atom& atom) { return atom.after == Break::inside_word; };
        const auto from = atoms_.begin() + static_cast<std::ptrdiff_t>(first);
        const auto to = atoms_.begin() + static_cast<std::ptrdiff_t>(last);
        if (std::none_of(from, to, inside)) return pieces_in(first, last);
        return count_(text_.substr(begin_of(first), begin_of(last) - begin_of(first)));
    }

    /// The last of the best breaks in the half-full range.
    std::size_t best_cut(std::size_t first, std::size_t limit) const {
        std::size_t best = limit;
        for (std::size_t last = limit; last > first + 1 && pieces_in(first, last) >= kLeastFill;
             --last) {
            if (atoms_[last - 1].after > atoms_[best - 1].after) best = last;
        }
        return best;
    }

    /// Goes back from `last` by at most 32 pieces: to a sentence's begin, else to a word's.
    std::size_t next_begin(std::size_t first, std::size_t last) const {
        std::size_t best = last;
        Break quality = Break::inside_word;
        for (std::size_t begin = last - 1; begin > first; --begin) {
            if (pieces_in(begin, last) > kMaxOverlapPieces) break;
            const Break before = std::min(atoms_[begin - 1].after, Break::sentence);
            if (before < quality) continue;
            best = begin;
            quality = before;
        }
        return best;
    }

    std::string_view text_;
    const CountPieces& count_;
    std::vector<Atom> atoms_;
};

}  // namespace

std::vector<PassageSpan> split_passages(std::string_view text, const CountPieces& count_pieces) {
    SOMA_ASSERT(text.size() <= std::numeric_limits<std::uint32_t>::max(), "offsets are 32 bits");
    if (count_pieces(text) <= kMaxPassagePieces) {
        return {{0, static_cast<std::uint32_t>(text.size())}};
    }
    return Splitter(text, count_pieces).split();
}

}  // namespace soma::domain
