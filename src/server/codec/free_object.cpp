#include "server/codec/free_object.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>

#include "base/canonical_json.h"
#include "base/unicode.h"
#include "server/codec/values.h"

namespace soma::server {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPointerName = 128;
constexpr double kPlainDigitsBelow = 1e21;  // from here on canonical numbers have an exponent

json::value parse_number(std::string_view literal) {
    if (literal.find_first_of(".eE") == std::string_view::npos) {
        std::int64_t value = 0;
        const auto [end, error] =
            std::from_chars(literal.data(), literal.data() + literal.size(), value);
        if (error != std::errc() || value > kMaxExact || value < -kMaxExact) {
            throw Violation{"must be within ±(2^53 − 1) to be kept exactly"};
        }
        return value;
    }
    const double value = parse_double(literal);
    const double size = std::fabs(value);
    if (size > static_cast<double>(kMaxExact) && size < kPlainDigitsBelow) {
        throw Violation{"must be within ±(2^53 − 1) to be kept exactly"};
    }
    return value;
}

}  // namespace

void append_pointer_segment(std::string& out, std::string_view name) {
    out.push_back('/');
    for (const char c :
         name.substr(0, floor_boundary(name, std::min(name.size(), kMaxPointerName)))) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out.push_back(c);
        }
    }
}

void FreeObject::count(std::size_t least_bytes) {
    least_bytes_ += least_bytes;
    if (max_bytes_ != 0 && least_bytes_ > max_bytes_) {
        levels_.resize(1);  // the pointer then names the whole object
        levels_.front().has_key = false;
        violate_max_bytes(max_bytes_);
    }
}

void FreeObject::put(json::value value) {
    if (levels_.empty()) {
        whole_ = std::move(value);
        return;
    }
    Level& level = levels_.back();
    if (level.container.is_object()) {
        level.container.get_object().emplace(level.key, std::move(value));
        level.has_key = false;
    } else {
        level.container.get_array().push_back(std::move(value));
    }
}

void FreeObject::begin_object() {
    levels_.push_back({json::object(), {}, false});
    count(2);
}

void FreeObject::begin_array() {
    levels_.push_back({json::array(), {}, false});
    count(2);
}

bool FreeObject::end() {
    json::value value = std::move(levels_.back().container);
    levels_.pop_back();
    put(std::move(value));
    return levels_.empty();
}

void FreeObject::key(std::string_view name) {
    Level& level = levels_.back();
    level.key = name;
    level.has_key = true;
    check_no_nul(name);
    if (level.container.get_object().contains(name)) {
        throw Violation{"is given twice"};
    }
    count(name.size() + 3);
}

void FreeObject::text(std::string_view value) {
    check_no_nul(value);
    count(value.size() + 2);
    put(json::string(value));
}

void FreeObject::number(std::string_view literal) {
    count(1);
    put(parse_number(literal));
}

void FreeObject::boolean(bool value) {
    count(4);
    put(value);
}

void FreeObject::null() {
    count(4);
    put(nullptr);
}

std::string FreeObject::canonical() const {
    std::string text = to_canonical_json(whole_);
    if (max_bytes_ != 0 && text.size() > max_bytes_) {
        violate_max_bytes(max_bytes_);
    }
    return text;
}

void FreeObject::append_pointer(std::string& out) const {
    for (const Level& level : levels_) {
        if (level.container.is_array()) {
            append_pointer_segment(out, std::to_string(level.container.get_array().size()));
        } else if (level.has_key) {
            append_pointer_segment(out, level.key);
        }
    }
}

}  // namespace soma::server
