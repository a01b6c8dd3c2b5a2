#pragma once
#include <boost/json/value.hpp>
#include <string>

namespace soma::cli {

/// JSON as a person edits it: two blanks a level, members in their order, and on one line what has
/// no more than 80 characters. Read again it is the same value; ends with a newline.
std::string pretty(const boost::json::value& value);

}  // namespace soma::cli
