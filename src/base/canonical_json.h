#pragma once
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace soma {

/// RFC 8785 (JCS): UTF-8, no white space, object members ordered by UTF-16 code units, numbers as
/// ECMAScript prints them. Equal values have equal bytes, so digests of JSON are meaningful.
/// Precondition: strings are valid UTF-8 and numbers finite (our decoder guarantees both).
std::string to_canonical_json(const boost::json::value& value);

/// Appends `text` in quotes, escaped as JCS has it: only what must be, in its shortest form.
void append_json_string(std::string& out, std::string_view text);

/// An IEEE double exactly as ECMAScript's Number::toString prints it.
std::string format_ecmascript_number(double value);

}  // namespace soma
