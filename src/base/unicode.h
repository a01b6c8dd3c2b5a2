#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace soma {

/// Text is UTF-8. What comes from outside passes `valid_utf8` once, at the edge; everything below
/// may assume it. The functions here never read past their input even when that promise is broken:
/// a byte that starts no valid sequence counts as U+FFFD of length 1. Character data is utf8proc's
/// (Unicode 14 in Debian 12). All functions are pure and safe from any thread; ASCII never reaches
/// a property table.

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. U+0000 is valid here.
bool valid_utf8(std::string_view bytes);

/// True when the text holds U+0000, the one code point that no text field accepts.
bool contains_nul(std::string_view text);

std::size_t count_code_points(std::string_view text);

/// One decoded code point and the number of bytes it took.
struct CodePoint {
    char32_t value = 0;
    std::uint8_t length = 0;
};

/// decode_at for a byte that is not ASCII.
CodePoint decode_sequence_at(std::string_view text, std::size_t at);

/// Decodes at the byte offset `at`, which must lie inside `text`. Inline, for most text is ASCII.
inline CodePoint decode_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    return lead < 0x80 ? CodePoint{lead, 1} : decode_sequence_at(text, at);
}

/// The code point that ends just before `at` (> 0).
CodePoint decode_before(std::string_view text, std::size_t at);

/// The largest code point boundary that is not after `at`: cuts text without splitting a sequence.
std::size_t floor_boundary(std::string_view text, std::size_t at);

void append_utf8(std::string& out, char32_t code_point);

/// `for (const auto [value, length] : CodePoints(text))`.
class CodePoints {
  public:
    explicit CodePoints(std::string_view text) : text_(text) {}

    class Iterator {
      public:
        Iterator(std::string_view text, std::size_t at) : text_(text), at_(at) {}
        CodePoint operator*() const { return decode_at(text_, at_); }
        Iterator& operator++() {
            at_ += decode_at(text_, at_).length;
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }
        std::size_t offset() const { return at_; }

      private:
        std::string_view text_;
        std::size_t at_;
    };
    Iterator begin() const { return {text_, 0}; }
    Iterator end() const { return {text_, text_.size()}; }

  private:
    std::string_view text_;
};

bool is_letter(char32_t code_point);           ///< general category L*
bool is_digit(char32_t code_point);            ///< Nd: decimal digits of any script
bool is_mark(char32_t code_point);             ///< M*: belongs to the character before it
bool is_nonspacing_mark(char32_t code_point);  ///< Mn: what stripping accents removes
bool is_whitespace(char32_t code_point);       ///< the White_Space property
bool is_control(char32_t code_point);      ///< Cc, Cf, Co except tab, line feed, carriage return
bool is_line_break(char32_t code_point);   ///< LF, VT, FF, CR, NEL, U+2028, U+2029
bool is_punctuation(char32_t code_point);  ///< P*, and every ASCII sign that is no letter or digit
bool is_cjk_ideograph(char32_t code_point);  ///< the ideograph blocks BERT puts spaces around
/// Letters, digits and marks: the characters a word is made of.
bool is_word_character(char32_t code_point);

/// Simple lower case of one code point (itself where it has none).
char32_t to_lower(char32_t code_point);

/// Full case folding ("Straße" and "STRASSE" become equal); no normalisation.
std::string fold_case(std::string_view text);

/// Canonical decomposition (NFD) without its nonspacing marks: "Čapek" → "Capek".
std::string strip_accents(std::string_view text);

/// The byte offset of the first occurrence of `word` in `text` at or after `from`, same case, with
/// no word character touching it on either side; nullopt when there is none or `word` is empty.
std::optional<std::size_t> find_whole_word(std::string_view text, std::string_view word,
                                           std::size_t from = 0);

}  // namespace soma
