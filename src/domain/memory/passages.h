#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace soma::domain {

/// A stretch of text, in bytes: [begin, end).
struct PassageSpan {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;

    friend bool operator==(const PassageSpan&, const PassageSpan&) = default;
};

/// What the model can see of one text, in word pieces, special ones not counted.
inline constexpr std::size_t kMaxPassagePieces = 254;

/// What a passage repeats of the one before, at most, so that a thought cut in two is whole
/// somewhere.
inline constexpr std::size_t kMaxOverlapPieces = 32;

/// The most passages of one text. A text of 32 KiB never comes near it (a passage moves on by 95
/// pieces or more); should a counter make it, the last passage runs to the end of the text.
inline constexpr std::size_t kMaxPassages = 512;

/// Cuts a text into overlapping passages of at most 254 pieces: at paragraphs, then sentences, then
/// words, and inside a word only when there is nothing else. A text that fits is one passage.
/// Together they cover the text; begins and ends only grow; none splits a character. Pure and
/// deterministic; `count_pieces` sees each stretch of the text a bounded number of times.
///
/// `text` is valid UTF-8 of at most 4 GiB. `count_pieces` must be additive at white space, as word
/// pieces are, and count at most 4 pieces a code point.
std::vector<PassageSpan> split_passages(
    std::string_view text, const std::function<std::size_t(std::string_view)>& count_pieces);

}  // namespace soma::domain
