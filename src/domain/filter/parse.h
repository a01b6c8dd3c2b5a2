#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "domain/filter/filter.h"

namespace soma::domain {

/// The limits of a filter.
inline constexpr std::size_t kMaxFilterDepth = 16;        ///< and, or, not and the condition inside
inline constexpr std::size_t kMaxFilterConditions = 64;   ///< in the whole tree
inline constexpr std::size_t kMaxFilterItems = 256;       ///< of a condition `in`
inline constexpr std::size_t kMaxFilterTextBytes = 1024;  ///< of a text to compare with

/// A filter out of JSON text whose syntax and repeated names were checked where it came in:
///   {"and": [filter, …]}   {"or": [filter, …]}   {"not": filter}
///   {"field": name, "op": name, "value": value}
///
/// | field | ops | value |
/// |---|---|---|
/// | kind speaker session_id subject key | eq ne in contains prefix exists | text |
/// | tags | contains in prefix exists | text |
/// | created_at occurred_at valid_from valid_to | eq ne lt lte gt gte in exists | RFC 3339 |
/// | turn importance | eq ne lt lte gt gte in exists | number; turn: integer |
/// | metadata.<path> | all | text, number, true, false |
///
/// `in` takes a list, `exists` true or false. Throws Error invalid_argument at the JSON pointer of
/// what is wrong, beginning with `pointer`, e.g. "/filter/and/1/op". Pure.
Filter parse_filter(std::string_view json, const std::string& pointer);

}  // namespace soma::domain
