#include "domain/context/quote.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

/// \uXXXX of one UTF-16 code unit.
void append_escape(std::string& out, char32_t unit) {
    constexpr char digits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
        out.push_back(digits[(unit >> shift) & 15]);
    }
}

/// True for what ends a line somewhere, steers a terminal, turns the reading direction or is not
/// seen at all. Joiners stay: emoji and many scripts are spelt with them.
bool is_misleading(char32_t code_point) {
    constexpr char32_t zero_width_non_joiner = 0x200c;
    constexpr char32_t zero_width_joiner = 0x200d;
    return is_line_break(code_point) ||
           (is_control(code_point) && code_point != zero_width_joiner &&
            code_point != zero_width_non_joiner);
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string line;
    append_json_string(line, text);
    const auto suspicious = [](char byte) { return static_cast<unsigned char>(byte) >= 0x7f; };
    std::string out;
    out.reserve(line.size());
    for (std::size_t at = 0; at < line.size();) {
        const auto from = line.begin() + static_cast<std::ptrdiff_t>(at);
        const auto plain = std::find_if(from, line.end(), suspicious);
        out.append(from, plain);
        at = static_cast<std::size_t>(plain - line.begin());
        if (at == line.size()) {
            break;
        }
        const auto [code_point, length] = decode_at(line, at);
        at += length;
        if (!is_misleading(code_point)) {
            append_utf8(out, code_point);
        } else if (code_point < 0x10000) {
            append_escape(out, code_point);
        } else {
            append_escape(out, 0xd800 + ((code_point - 0x10000) >> 10));
            append_escape(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
        }
    }
    return out;
}

}  // namespace soma::domain
