#pragma once
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace soma {

/// JSON as a security boundary reads it: RFC 8259 and, beyond that, no object with a repeated
/// member name. Two readers of one document cannot then disagree on what it says. Nesting deeper
/// than `max_depth`, invalid UTF-8, a number that is no finite double and anything after the value
/// make it nullopt. Thread-safe; the caller bounds the size of `text`.
std::optional<boost::json::value> parse_strict_json(std::string_view text,
                                                    std::size_t max_depth = 32);

}  // namespace soma
