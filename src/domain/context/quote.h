#pragma once
#include <string>
#include <string_view>

namespace soma::domain {

/// The text as a JSON string on one line: it cannot close its quotes, end the line, steer a
/// terminal or turn the reading direction, because JSON lets all such characters be escaped. Parsed
/// as JSON it is the text again. Pure.
std::string quoted(std::string_view text);

}  // namespace soma::domain
