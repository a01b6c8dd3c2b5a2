#pragma once
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace soma {

/// JSON as a security boundary reads it: RFC 8259 and, beyond that, no object with a repeated
/// member name. Two readers of one document cannot then disagree on what it says. Nesting deeper
/// than `max_depth`, invalid UTF-8, a number that is no finite double and anything after the value
/// make it nullopt. Thread-safe; the caller bounds the size of `text`.
std::optional<boost::json::value> parse_strict_json(std::string_view text,
                                                    std::size_t max_depth = 32);

/// Why a text is no strict JSON, in words for whoever wrote it, and the byte where reading stopped.
struct JsonTrouble {
    std::string reason;  ///< "not JSON: …", "not UTF-8", "\"text\" is given twice", …
    std::size_t at = 0;
};

/// The same reading, but a refusal says why. Thread-safe.
std::variant<boost::json::value, JsonTrouble> read_strict_json(std::string_view text,
                                                               std::size_t max_depth = 32);

}  // namespace soma
