#include "base/canonical_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace soma {
namespace {

namespace json = boost::json;

/// UTF-16 order differs from UTF-8 order in one place only: supplementary characters (lead bytes
/// 0xF0 to 0xF4; their UTF-16 form begins with a surrogate, 0xD800..0xDFFF) sort before
/// U+E000..U+FFFF (lead bytes 0xEE and 0xEF).
int utf16_rank(unsigned char lead) {
    if (lead >= 0xF0) return lead - 2;
    if (lead >= 0xEE) return lead + 0x10;
    return lead;
}

bool utf16_less(std::string_view a, std::string_view b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (x == a.end() || y == b.end()) {
        return x == a.end() && y != b.end();
    }
    return utf16_rank(static_cast<unsigned char>(*x)) < utf16_rank(static_cast<unsigned char>(*y));
}

void append_value(std::string& out, const json::value& value);

void append_object(std::string& out, const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : object) {
        members.push_back(&member);
    }
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return utf16_less(a->key(), b->key()); });
    out.push_back('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i != 0) {
            out.push_back(',');
        }
        append_json_string(out, members[i]->key());
        out.push_back(':');
        append_value(out, members[i]->value());
    }
    out.push_back('}');
}

void append_array(std::string& out, const json::array& array) {
    out.push_back('[');
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i != 0) {
            out.push_back(',');
        }
        append_value(out, array[i]);
    }
    out.push_back(']');
}

void append_value(std::string& out, const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            out += "null";
            break;
        case json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            break;
        case json::kind::int64:
            out += format_ecmascript_number(static_cast<double>(value.get_int64()));
            break;
        case json::kind::uint64:
            out += format_ecmascript_number(static_cast<double>(value.get_uint64()));
            break;
        case json::kind::double_:
            out += format_ecmascript_number(value.get_double());
            break;
        case json::kind::string:
            append_json_string(out, value.get_string());
            break;
        case json::kind::array:
            append_array(out, value.get_array());
            break;
        case json::kind::object:
            append_object(out, value.get_object());
            break;
    }
}

}  // namespace

std::string format_ecmascript_number(double value) {
    SOMA_ASSERT(std::isfinite(value), "JSON has no NaN and no infinity");
    if (value == 0) {
        return "0";
    }
    // Shortest digits that read back equal: d.ddde±xx, then laid out by ECMA-262 §6.1.6.1.20.
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value),
                                   std::chars_format::scientific);
    const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
    const std::size_t e = text.find('e');
    std::string digits(1, text[0]);
    if (e > 2) {
        digits += text.substr(2, e - 2);
    }
    int exponent = 0;
    const std::size_t exponent_begin = e + (text[e + 1] == '+' ? 2 : 1);
    std::from_chars(text.data() + exponent_begin, text.data() + text.size(), exponent);
    const int point = exponent + 1;  // the decimal point stands after this many digits
    const int count = static_cast<int>(digits.size());
    std::string out = value < 0 ? "-" : "";
    if (count <= point && point <= 21) {
        out += digits + std::string(static_cast<std::size_t>(point - count), '0');
    } else if (0 < point && point <= 21) {
        out += digits.substr(0, static_cast<std::size_t>(point)) + "." +
               digits.substr(static_cast<std::size_t>(point));
    } else if (-6 < point && point <= 0) {
        out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else {
        out += digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "") + "e" +
               (exponent < 0 ? "-" : "+") + std::to_string(std::abs(exponent));
    }
    return out;
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out.push_back('"');
    std::size_t done = 0;  // everything before it is in `out`
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        out.append(text, done, i - done);
        done = i + 1;
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += "\\u00";
                out.push_back(kHex[c >> 4]);
                out.push_back(kHex[c & 15]);
        }
    }
    out.append(text, done);
    out.push_back('"');
}

std::string to_canonical_json(const json::value& value) {
    std::string out;
    append_value(out, value);
    return out;
}

}  // namespace soma
