#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace soma::domain {

/// The terms of a text, in order, as the lexical view counts them: case-folded, without "'s", split
/// into runs of letters, digits and their marks (Unicode), stop words left out, the rest stemmed
/// (Snowball English). Thread-safe.
std::vector<std::string> lexical_terms(std::string_view text);

/// The terms of a query: each once, in ascending order, so that sums over them have one order.
std::vector<std::string> query_terms(std::string_view query);

/// What the lexical view reads of a passage: "[8 May 2023] speaker: text". A missing time or
/// speaker leaves its prefix out. Days are UTC.
std::string lexical_text(std::optional<Time> occurred_at, std::string_view speaker,
                         std::string_view text);

/// The text without every whole-word occurrence (same case) of the names; where two names begin at
/// one place, the longer is taken. Runs of white space this leaves are joined. A text of which
/// nothing but white space and punctuation would stay is returned as it is.
std::string without_names(std::string_view text, const std::vector<std::string_view>& names);

}  // namespace soma::domain
