#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace soma {

/// Where the pattern ends when it is read from `at`; `at` when it does not match. '9' is a digit,
/// 'A' an upper-case letter, '*' either of them, '~' one blank or none; anything else is itself.
/// `characters` becomes the digits and letters that were met, without what stands between them.
/// What touches the match is not looked at. Pure.
std::size_t match_pattern(std::string_view pattern, std::string_view text, std::size_t at,
                          std::string& characters);

}  // namespace soma
