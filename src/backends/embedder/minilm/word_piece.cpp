#include "backends/embedder/minilm/word_piece.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"

namespace soma::backends {
namespace {

constexpr std::size_t kLongestWord = 100;  // code points, as in the published tokenizer
constexpr std::string_view kContinuation = "##";
constexpr std::uint64_t kHashSeed = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bit

std::uint64_t extend_hash(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
    }
    return hash;
}

/// FNV's low bits are its weak ones; the table masks, so fold the high ones in.
std::size_t slot_of(std::uint64_t hash, std::size_t mask) {
    return (hash ^ (hash >> 29)) & mask;
}

bool is_ascii_only(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

/// Drops what BERT cleans away, makes every white space a space and sets ideographs apart.
std::string clean(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (const auto [value, length] : CodePoints(text)) {
        if (value == 0 || value == 0xFFFD || is_control(value)) continue;
        if (is_whitespace(value)) {
            out.push_back(' ');
        } else if (is_cjk_ideograph(value)) {
            out.push_back(' ');
            append_utf8(out, value);
            out.push_back(' ');
        } else {
            append_utf8(out, value);
        }
    }
    return out;
}

/// Calls `word(view)` for each word of the text until it returns false.
template <typename Word>
void for_each_word(std::string_view text, const Word& word) {
    // ASCII has no accents and no ideographs: one pass does it all.
    std::string normalised;
    if (!is_ascii_only(text)) {
        normalised = strip_accents(clean(text));
        text = normalised;
    }
    std::string current;
    const auto flush = [&] {
        if (current.empty()) return true;
        const bool go_on = word(std::string_view(current));
        current.clear();
        return go_on;
    };
    for (const auto [value, length] : CodePoints(text)) {
        if (is_control(value)) continue;  // before white space: form feed is both
        if (is_whitespace(value)) {
            if (!flush()) return;
        } else if (is_punctuation(value)) {
            if (!flush()) return;
            append_utf8(current, value);
            if (!flush()) return;
        } else {
            append_utf8(current, to_lower(value));
        }
    }
    flush();
}

}  // namespace

WordPiece::WordPiece(std::string vocabulary) : vocabulary_(std::move(vocabulary)) {
    std::string_view rest = vocabulary_;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        pieces_.push_back(line);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    slots_.resize(std::bit_ceil(pieces_.size() * 4 + 16));
    for (std::size_t i = 0; i < pieces_.size(); ++i) index_piece(static_cast<Id>(i));
    if (cls_ < 0 || sep_ < 0 || unknown_ < 0) {
        throw Error(ErrorKind::unavailable, "the vocabulary lacks [CLS], [SEP] or [UNK]");
    }
}

void WordPiece::index_piece(Id id) {
    const std::string_view piece = pieces_[static_cast<std::size_t>(id)];
    longest_piece_ = std::max(longest_piece_, piece.size());
    if (piece == "[CLS]") cls_ = id;
    if (piece == "[SEP]") sep_ = id;
    if (piece == "[UNK]") unknown_ = id;
    const std::uint64_t hash = extend_hash(kHashSeed, piece);
    if (find(hash, {}, piece) != nullptr) {
        throw Error(ErrorKind::unavailable, "the vocabulary holds a piece twice",
                    std::string(piece));
    }
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = slot_of(hash, mask);
    while (slots_[at].id >= 0) at = (at + 1) & mask;
    slots_[at] = {hash, id};
}

const WordPiece::Slot* WordPiece::find(std::uint64_t hash, std::string_view prefix,
                                       std::string_view piece) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = slot_of(hash, mask); slots_[at].id >= 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hash) continue;
        const std::string_view found = pieces_[static_cast<std::size_t>(slots_[at].id)];
        if (found.size() == prefix.size() + piece.size() && found.starts_with(prefix) &&
            found.substr(prefix.size()) == piece) {
            return &slots_[at];
        }
    }
    return nullptr;
}

bool WordPiece::append_word(std::string_view word, std::size_t limit, std::vector<Id>& out) const {
    const std::size_t before = out.size();
    bool known = count_code_points(word) <= kLongestWord;
    // Most words are pieces themselves, and nothing is longer: one look instead of one a character.
    if (const Slot* whole = known ? find(extend_hash(kHashSeed, word), {}, word) : nullptr) {
        out.push_back(whole->id);
        return out.size() < limit;
    }
    for (std::size_t start = 0; known && start < word.size();) {
        const std::string_view prefix = start == 0 ? std::string_view{} : kContinuation;
        // Growing the piece while extending its hash finds the longest match in one sweep.
        std::uint64_t hash = extend_hash(kHashSeed, prefix);
        const std::size_t end = std::min(word.size(), start + longest_piece_);
        std::size_t matched = start;
        Id id = -1;
        for (std::size_t at = start; at < end;) {
            const std::size_t length = decode_at(word, at).length;
            hash = extend_hash(hash, word.substr(at, length));
            at += length;
            if (const Slot* slot = find(hash, prefix, word.substr(start, at - start))) {
                matched = at;
                id = slot->id;
            }
        }
        known = id >= 0;
        if (known) out.push_back(id);
        start = matched;
    }
    if (!known) {
        out.resize(before);
        out.push_back(unknown_);
    }
    if (out.size() < limit) return true;
    out.resize(limit);
    return false;
}

void WordPiece::append_pieces(std::string_view text, std::size_t limit,
                              std::vector<Id>& out) const {
    if (limit == out.size()) return;
    for_each_word(text, [&](std::string_view word) { return append_word(word, limit, out); });
}

std::vector<WordPiece::Id> WordPiece::encode(std::string_view text, std::size_t limit) const {
    SOMA_ASSERT(limit >= 2, "room for [CLS] and [SEP]");
    std::vector<Id> ids{cls_};
    append_pieces(text, limit - 1, ids);
    ids.push_back(sep_);
    return ids;
}

std::size_t WordPiece::count(std::string_view text) const {
    std::vector<Id> ids;
    append_pieces(text, std::numeric_limits<std::size_t>::max(), ids);
    return ids.size();
}

}  // namespace soma::backends
