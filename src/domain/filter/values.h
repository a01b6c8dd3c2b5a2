#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/filter/filter.h"
#include "domain/memory/memory.h"

namespace soma::domain {

/// Something a memory says of itself that conditions ask by name.
struct NamedValue {
    std::string name;
    bool is_item = false;              ///< of a list
    std::optional<FilterValue> value;  ///< absent: the name exists, but is an object or a list

    friend auto operator<=>(const NamedValue&, const NamedValue&) = default;
};

/// A name longer than this (or a name above it in metadata) cannot be asked for.
inline constexpr std::size_t kMaxFilterNameBytes = 256;

/// kind, speaker, session_id, subject, key and tags, without the empty ones. Pure.
std::vector<NamedValue> text_values(const MemoryFacts& facts, const MemoryContent& content);

/// The members of metadata ("metadata.a.b"), nulls left out: a scalar has its value, an object and
/// a list exist without one, and a list's scalars are items. Sorted, each once. Pure. `metadata` is
/// a JSON object's text, or empty.
std::vector<NamedValue> metadata_values(std::string_view metadata);

}  // namespace soma::domain
