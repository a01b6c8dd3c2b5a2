#include "domain/constitution/document/reader.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/canonical_json.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/unicode.h"
#include "domain/constitution/document/constitution.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// A stranger's name may be long; a pointer in an error need not be.
constexpr std::size_t kMaxShownName = 64;

/// One step of a JSON pointer (RFC 6901 §3).
std::string step(std::string_view name) {
    std::string out = "/";
    for (const char c : name.substr(0, floor_boundary(name, kMaxShownName))) {
        if (c == '~' || c == '/') {
            out += c == '~' ? "~0" : "~1";
        } else {
            out.push_back(c);
        }
    }
    return out;
}

/// Appends the way from `from` to `to`; false when it does not lead there.
bool find_way(const json::value& from, const json::value* to, std::string& out) {
    if (&from == to) {
        return true;
    }
    const std::size_t length = out.size();
    if (const auto* object = from.if_object()) {
        for (const auto& member : *object) {
            out += step(member.key());
            if (find_way(member.value(), to, out)) {
                return true;
            }
            out.resize(length);
        }
    } else if (const auto* array = from.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            out += "/" + std::to_string(i);
            if (find_way((*array)[i], to, out)) {
                return true;
            }
            out.resize(length);
        }
    }
    return false;
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool turns_direction(char32_t c) {
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

bool is_unseen(char32_t c) {
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0) || turns_direction(c);
}

bool is_plain_ascii(char c) {
    return c >= ' ' && c <= '~';
}

}  // namespace

std::string Reader::pointer() const {
    std::string out;
    SOMA_ASSERT(find_way(*document_, value_, out), "a reader stands in its document");
    return out;
}

std::string Reader::pointer_to(std::string_view member) const {
    return pointer() + step(member);
}

void Reader::fail(std::string message) const {
    throw invalid(pointer(), std::move(message));
}

void Reader::expect_members(std::initializer_list<std::string_view> required,
                            std::initializer_list<std::string_view> optional) const {
    const auto* object = value_->if_object();
    if (object == nullptr) {
        fail("must be an object");
    }
    for (const auto& member : *object) {
        const auto is = [&](std::string_view known) { return known == member.key(); };
        if (std::none_of(required.begin(), required.end(), is) &&
            std::none_of(optional.begin(), optional.end(), is)) {
            throw invalid(pointer_to(member.key()), "is no field of a constitution here");
        }
    }
    for (const std::string_view name : required) {
        if (!has(name)) {
            throw invalid(pointer_to(name), "is required");
        }
    }
}

bool Reader::has(std::string_view name) const {
    const auto* object = value_->if_object();
    return object != nullptr && object->contains(name);
}

Reader Reader::at(std::string_view name) const {
    SOMA_ASSERT(has(name), "expect_members was asked first");
    return Reader(document_, &value_->get_object().at(name));
}

std::vector<std::string_view> Reader::names() const {
    const auto* object = value_->if_object();
    if (object == nullptr) {
        fail("must be an object");
    }
    std::vector<std::string_view> out;
    for (const auto& member : *object) {
        out.emplace_back(member.key());
    }
    return out;
}

std::vector<Reader> Reader::items(std::size_t least, std::size_t most) const {
    const auto* array = value_->if_array();
    if (array == nullptr || array->size() < least || array->size() > most) {
        fail("must be a list of " + std::to_string(least) + " to " + std::to_string(most) +
             " items");
    }
    std::vector<Reader> out;
    out.reserve(array->size());
    for (const json::value& item : *array) {
        out.push_back(Reader(document_, &item));
    }
    return out;
}

std::string_view Reader::plain_text() const {
    const auto* text = value_->if_string();
    if (text == nullptr) {
        fail("must be a text");
    }
    return *text;
}

std::string Reader::text(std::size_t most_bytes) const {
    const std::string_view text = plain_text();
    if (text.empty() || text.size() > most_bytes) {
        fail("must have 1 to " + std::to_string(most_bytes) + " bytes");
    }
    // Articles are long and mostly ASCII: most texts need no decoding.
    if (std::all_of(text.begin(), text.end(), is_plain_ascii)) {
        return std::string(text);
    }
    for (const auto [character, length] : CodePoints(text)) {
        if (is_unseen(character)) {
            fail("must have no control character and no mark that turns the direction of writing");
        }
    }
    return std::string(text);
}

std::string Reader::name() const {
    const std::string_view text = plain_text();
    if (text.empty() || text.size() > kMaxNameBytes || text[0] == '.' || text[0] == '_' ||
        text[0] == '-' || !std::all_of(text.begin(), text.end(), is_name_character)) {
        fail("must be 1 to " + std::to_string(kMaxNameBytes) +
             " of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit");
    }
    return std::string(text);
}

std::uint64_t Reader::integer(std::uint64_t least, std::uint64_t most) const {
    if (value_->is_double()) {
        fail("must be an integer written without point and exponent");
    }
    std::uint64_t number = 0;
    const bool is_integer = value_->is_uint64() || (value_->is_int64() && value_->get_int64() >= 0);
    if (is_integer) {
        number = value_->to_number<std::uint64_t>();
    }
    if (!is_integer || number < least || number > most) {
        fail("must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return number;
}

double Reader::number(double least, double most) const {
    const double number =
        value_->is_number() ? value_->to_number<double>() : most + 1;  // also refused
    if (number < least || number > most) {
        fail("must be a number from " + format_ecmascript_number(least) + " to " +
             format_ecmascript_number(most));
    }
    return number;
}

Time Reader::time() const {
    const auto time = parse_rfc3339(plain_text());
    if (!time) {
        fail("must be a time of RFC 3339, to the microsecond at most");
    }
    return *time;
}

std::string Reader::base64(std::size_t bytes) const {
    auto decoded = from_base64(plain_text());
    // One key has one text, whatever else the decoder would read.
    if (!decoded || decoded->size() != bytes || to_base64(*decoded) != plain_text()) {
        fail("must be " + std::to_string(bytes) + " bytes in base64");
    }
    return *std::move(decoded);
}

std::string Reader::hex(std::size_t bytes) const {
    auto decoded = from_hex(plain_text());
    if (!decoded || decoded->size() != bytes || to_hex(*decoded) != plain_text()) {
        fail("must be " + std::to_string(bytes) + " bytes in lower-case hexadecimal");
    }
    return *std::move(decoded);
}

}  // namespace soma::domain
