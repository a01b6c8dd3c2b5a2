#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace soma::cli {

/// The name that `word` is most likely a misspelling of: the fewest letters added, lost, changed or
/// swapped with their neighbour, and at most one in three of the word's. nullopt: none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> names);

}  // namespace soma::cli
