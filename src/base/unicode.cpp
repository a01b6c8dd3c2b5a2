#include "base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace soma {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_ascii(char32_t code_point) {
    return code_point < 0x80;
}
bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// The length of the leading run of ASCII, eight bytes at a step.
std::size_t ascii_prefix(std::string_view bytes) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        if ((word & kHighBits) != 0) break;
    }
    while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) ++at;
    return at;
}

int category(char32_t code_point) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
}

bool in(int value, int first, int last) {
    return value >= first && value <= last;
}

/// A decomposed character that stays, with what its canonical order depends on.
struct Kept {
    char32_t value;
    int combining_class;
};

/// Canonical order: within a run of non-starters, by combining class, stable. Sorting instead of
/// bubbling keeps a long run of marks from costing quadratic time.
void flush_ordered(std::vector<Kept>& run, std::string& out) {
    if (run.size() > 1) {
        std::stable_sort(run.begin(), run.end(), [](const Kept& a, const Kept& b) {
            return a.combining_class < b.combining_class;
        });
    }
    for (const Kept& kept : run) append_utf8(out, kept.value);
    run.clear();
}

}  // namespace

CodePoint decode_sequence_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t left = text.size() - at;
    const auto tail = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]) & 0x3F);
    };
    const auto continued = [&](std::size_t length) {
        if (left < length) return false;
        for (std::size_t i = 1; i < length; ++i) {
            if (!is_continuation(text[at + i])) return false;
        }
        return true;
    };
    if (lead >= 0xC2 && lead <= 0xDF && continued(2)) {
        return {static_cast<char32_t>(lead & 0x1F) << 6 | tail(1), 2};
    }
    if (lead >= 0xE0 && lead <= 0xEF && continued(3)) {
        const char32_t value = static_cast<char32_t>(lead & 0x0F) << 12 | tail(1) << 6 | tail(2);
        const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
        if (value >= 0x800 && !surrogate) return {value, 3};
    }
    if (lead >= 0xF0 && lead <= 0xF4 && continued(4)) {
        const char32_t value =
            static_cast<char32_t>(lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
        if (value >= 0x10000 && value <= 0x10FFFF) return {value, 4};
    }
    return {kReplacement, 1};
}

CodePoint decode_before(std::string_view text, std::size_t at) {
    std::size_t start = at - 1;
    while (start > 0 && at - start < 4 && is_continuation(text[start])) --start;
    const CodePoint found = decode_at(text, start);
    if (start + found.length == at) return found;
    return {kReplacement, 1};
}

bool valid_utf8(std::string_view bytes) {
    std::size_t at = 0;
    while (true) {
        at += ascii_prefix(bytes.substr(at));
        if (at == bytes.size()) return true;
        // Outside ASCII a length of 1 is only ever the mark of a byte that begins nothing.
        const CodePoint code_point = decode_at(bytes, at);
        if (code_point.length == 1) return false;
        at += code_point.length;
    }
}

bool contains_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t ascii = ascii_prefix(text.substr(at));
        count += ascii;
        at += ascii;
        if (at < text.size()) {
            at += decode_at(text, at).length;
            ++count;
        }
    }
    return count;
}

std::size_t floor_boundary(std::string_view text, std::size_t at) {
    if (at >= text.size()) return text.size();
    std::size_t start = at;
    while (start > 0 && at - start < 3 && is_continuation(text[start])) --start;
    return start + decode_at(text, start).length > at ? start : at;
}

void append_utf8(std::string& out, char32_t code_point) {
    if (is_ascii(code_point)) {
        out.push_back(static_cast<char>(code_point));
        return;
    }
    std::array<utf8proc_uint8_t, 4> buffer{};
    const auto length =
        utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), buffer.data());
    out.append(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(length));
}

bool is_letter(char32_t code_point) {
    if (is_ascii(code_point)) {
        const char32_t lower = code_point | 0x20;
        return lower >= U'a' && lower <= U'z';
    }
    return in(category(code_point), UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO);
}

bool is_digit(char32_t code_point) {
    if (is_ascii(code_point)) return code_point >= U'0' && code_point <= U'9';
    return category(code_point) == UTF8PROC_CATEGORY_ND;
}

bool is_mark(char32_t code_point) {
    return !is_ascii(code_point) &&
           in(category(code_point), UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME);
}

bool is_nonspacing_mark(char32_t code_point) {
    return !is_ascii(code_point) && category(code_point) == UTF8PROC_CATEGORY_MN;
}

bool is_whitespace(char32_t code_point) {
    if (is_ascii(code_point)) return code_point == U' ' || (code_point >= 9 && code_point <= 13);
    if (code_point == 0x85) return true;  // NEL is a control by category
    return in(category(code_point), UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP);
}

bool is_control(char32_t code_point) {
    if (is_ascii(code_point)) {
        const bool layout = code_point == U'\t' || code_point == U'\n' || code_point == U'\r';
        return (code_point < 0x20 || code_point == 0x7F) && !layout;
    }
    const int found = category(code_point);
    return found == UTF8PROC_CATEGORY_CC || found == UTF8PROC_CATEGORY_CF ||
           found == UTF8PROC_CATEGORY_CO;
}

bool is_line_break(char32_t code_point) {
    return (code_point >= 0x0A && code_point <= 0x0D) || code_point == 0x85 ||
           code_point == 0x2028 || code_point == 0x2029;
}

bool is_punctuation(char32_t code_point) {
    if (is_ascii(code_point)) {
        return code_point > 0x20 && code_point < 0x7F && !is_letter(code_point) &&
               !is_digit(code_point);
    }
    return in(category(code_point), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

bool is_cjk_ideograph(char32_t code_point) {
    struct Block {
        char32_t first;
        char32_t last;
    };
    // BERT's list: ideographs only. Hiragana, Katakana and Hangul are written with spaces or are
    // alphabetic, and stay together.
    constexpr std::array<Block, 8> kBlocks{{{0x4E00, 0x9FFF},
                                            {0x3400, 0x4DBF},
                                            {0x20000, 0x2A6DF},
                                            {0x2A700, 0x2B73F},
                                            {0x2B740, 0x2B81F},
                                            {0x2B920, 0x2CEAF},
                                            {0xF900, 0xFAFF},
                                            {0x2F800, 0x2FA1F}}};
    if (code_point < 0x3400) return false;
    return std::any_of(kBlocks.begin(), kBlocks.end(), [&](const Block& block) {
        return code_point >= block.first && code_point <= block.last;
    });
}

bool is_word_character(char32_t code_point) {
    if (is_ascii(code_point)) return is_letter(code_point) || is_digit(code_point);
    const int found = category(code_point);
    return in(found, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_ND);
}

char32_t to_lower(char32_t code_point) {
    if (is_ascii(code_point)) {
        return code_point >= U'A' && code_point <= U'Z' ? code_point + 0x20 : code_point;
    }
    return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
}

std::string fold_case(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const auto [value, length] : CodePoints(text)) {
        if (is_ascii(value)) {
            out.push_back(static_cast<char>(to_lower(value)));
            continue;
        }
        // Unicode's longest folding is three code points.
        std::array<utf8proc_int32_t, 8> folded{};
        int boundary_class = 0;
        const auto count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(value), folded.data(),
                                    folded.size(), UTF8PROC_CASEFOLD, &boundary_class);
        for (int i = 0; i < count; ++i) {
            append_utf8(out, static_cast<char32_t>(folded[static_cast<std::size_t>(i)]));
        }
    }
    return out;
}

std::string strip_accents(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::vector<Kept> run;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t ascii = ascii_prefix(text.substr(at));
        if (ascii > 0) {
            flush_ordered(run, out);
            out.append(text.substr(at, ascii));
            at += ascii;
            continue;
        }
        const CodePoint code_point = decode_at(text, at);
        at += code_point.length;
        // Unicode's longest canonical decomposition is four code points.
        std::array<utf8proc_int32_t, 8> parts{};
        int boundary_class = 0;
        const auto count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point.value), parts.data(),
                                    parts.size(), UTF8PROC_DECOMPOSE, &boundary_class);
        for (int i = 0; i < count; ++i) {
            const utf8proc_int32_t part = parts[static_cast<std::size_t>(i)];
            const auto* property = utf8proc_get_property(part);
            // A starter ends the run even when it is a mark that is itself dropped.
            if (property->combining_class == 0) flush_ordered(run, out);
            if (property->category == UTF8PROC_CATEGORY_MN) continue;
            run.push_back({static_cast<char32_t>(part), property->combining_class});
        }
    }
    flush_ordered(run, out);
    return out;
}

std::optional<std::size_t> find_whole_word(std::string_view text, std::string_view word,
                                           std::size_t from) {
    if (word.empty()) return std::nullopt;
    for (std::size_t at = text.find(word, from); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool free_before = at == 0 || !is_word_character(decode_before(text, at).value);
        const bool free_after =
            end == text.size() || !is_word_character(decode_at(text, end).value);
        if (free_before && free_after) return at;
    }
    return std::nullopt;
}

}  // namespace soma
