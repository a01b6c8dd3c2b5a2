#pragma once
#include <boost/json/array.hpp>
#include <string>
#include <string_view>

namespace soma::cli {

/// One memory a line: score (and weight), when and who, the text's beginning; with views below
/// where the answer explains them.
void print_memories(const boost::json::array& memories);

/// At most `bytes` of a text on one line: newlines become blanks, a cut is marked. Control
/// characters are shown as '?', so that a remembered text cannot steer the terminal.
std::string one_line(std::string_view text, std::size_t bytes);

}  // namespace soma::cli
