#include "base/json/strict_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/unicode.h"

namespace soma {
namespace {

namespace json = boost::json;
using boost::system::error_code;
using json::string_view;

constexpr std::size_t kMaxShownName = 64;

/// Builds the value while remembering the member names of every open object. Boost's own parser
/// keeps the last of two equal names silently, which is what we are here to refuse.
class Builder {
  public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    json::value take() { return values_.release(); }
    /// Why this builder refused; empty when the parser did.
    const std::string& reason() const { return reason_; }

    bool on_document_begin(error_code&) {
        values_.reset();
        return true;
    }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        names_.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t count, error_code& trouble) {
        auto& names = names_.back();
        std::sort(names.begin(), names.end());
        const auto twin = std::adjacent_find(names.begin(), names.end());
        const bool repeated = twin != names.end();
        if (repeated) {
            reason_ =
                "\"" + twin->substr(0, floor_boundary(*twin, kMaxShownName)) + "\" is given twice";
        }
        names_.pop_back();
        values_.push_object(count);
        return accept(!repeated, trouble);
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) {
        values_.push_array(count);
        return true;
    }
    bool on_key_part(string_view part, std::size_t, error_code&) {
        name_.append(part.data(), part.size());
        values_.push_chars(part);
        return true;
    }
    bool on_key(string_view part, std::size_t, error_code&) {
        name_.append(part.data(), part.size());
        names_.back().push_back(std::exchange(name_, {}));
        values_.push_key(part);
        return true;
    }
    bool on_string_part(string_view part, std::size_t, error_code&) {
        values_.push_chars(part);
        return true;
    }
    bool on_string(string_view part, std::size_t, error_code&) {
        values_.push_string(part);
        return true;
    }
    bool on_number_part(string_view part, error_code&) {
        literal_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t number, string_view, error_code&) {
        literal_.clear();
        values_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, string_view, error_code&) {
        literal_.clear();
        values_.push_uint64(number);
        return true;
    }
    bool on_double(double, string_view part, error_code& trouble) {
        literal_.append(part.data(), part.size());
        // Boost.JSON's own doubles are off by an ulp at times.
        const double number = std::strtod(std::exchange(literal_, {}).c_str(), nullptr);
        values_.push_double(number);
        if (!std::isfinite(number)) {
            reason_ = "a number is out of range: it must fit a 64-bit float";
        }
        return accept(std::isfinite(number), trouble);
    }
    bool on_bool(bool flag, error_code&) {
        values_.push_bool(flag);
        return true;
    }
    bool on_null(error_code&) {
        values_.push_null();
        return true;
    }
    bool on_comment_part(string_view, error_code&) { return false; }
    bool on_comment(string_view, error_code&) { return false; }

  private:
    static bool accept(bool fine, error_code& trouble) {
        if (!fine) {
            trouble = json::error::syntax;
        }
        return fine;
    }

    json::value_stack values_;
    std::vector<std::vector<std::string>> names_;
    std::string name_;
    std::string literal_;
    std::string reason_;
};

std::string reason_of(const error_code& trouble, const Builder& builder, std::string_view text,
                      std::size_t max_depth) {
    if (!builder.reason().empty()) {
        return builder.reason();
    }
    if (trouble == json::error::too_deep) {
        return "nested more than " + std::to_string(max_depth) + " levels deep";
    }
    if (!valid_utf8(text)) {
        return "not UTF-8";
    }
    if (trouble == json::error::incomplete) {
        return "not JSON: it ends too early";
    }
    return trouble ? "not JSON: " + trouble.message() : "not JSON: more follows the value";
}

}  // namespace

std::variant<json::value, JsonTrouble> read_strict_json(std::string_view text,
                                                        std::size_t max_depth) {
    json::parse_options options;
    options.max_depth = max_depth;
    json::basic_parser<Builder> parser(options);
    error_code trouble;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), trouble);
    if (trouble || used != text.size() || !parser.done()) {
        return JsonTrouble{reason_of(trouble, parser.handler(), text, max_depth), used};
    }
    return parser.handler().take();
}

std::optional<json::value> parse_strict_json(std::string_view text, std::size_t max_depth) {
    auto read = read_strict_json(text, max_depth);
    if (auto* value = std::get_if<json::value>(&read)) {
        return std::move(*value);
    }
    return std::nullopt;
}

}  // namespace soma
