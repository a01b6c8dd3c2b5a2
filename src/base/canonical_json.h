#pragma once
#include <boost/json/value.hpp>
#include <string>

namespace soma {

/// RFC 8785 (JCS): UTF-8, no white space, object members ordered by UTF-16 code units, numbers as
/// ECMAScript prints them. Equal values have equal bytes, so digests of JSON are meaningful.
/// Precondition: strings are valid UTF-8 and numbers finite (our decoder guarantees both).
std::string to_canonical_json(const boost::json::value& value);

/// An IEEE double exactly as ECMAScript's Number::toString prints it.
std::string format_ecmascript_number(double value);

}  // namespace soma
