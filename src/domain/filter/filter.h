#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"

namespace soma::domain {

/// How a condition compares. `ne` and `exists: false` are not here: parsing turns them into `not`.
enum class FilterOp : std::uint8_t { eq, lt, lte, gt, gte, in, contains, exists, prefix };

/// What a condition asks of. Fields from created_at on are numbers and times: one or none a memory.
enum class FilterField : std::uint8_t {
    tags,
    kind,
    speaker,
    session_id,
    subject,
    key,
    metadata,
    created_at,
    occurred_at,
    valid_from,
    valid_to,
    turn,
    importance,
};

/// A value of a memory, or what it is compared with. Ordered by type, then by value: text by bytes.
using FilterValue = std::variant<bool, double, std::string, Time>;

/// `name op values`, e.g. metadata.colour in ["red", "blue"].
struct FilterCondition {
    FilterField field = FilterField::kind;
    std::string name;  ///< as written: "kind", "metadata.colour"
    FilterOp op = FilterOp::exists;
    std::vector<FilterValue> values;  ///< `exists`: none; `in`: at least one; others: one

    friend bool operator==(const FilterCondition&, const FilterCondition&) = default;
};

/// A tree of conditions. `all` holds when every part holds, `any` when one does, `none` when none
/// does (of one part: its negation). Plain data.
struct Filter {
    enum class Kind : std::uint8_t { condition, all, any, none };
    Kind kind = Kind::condition;
    std::vector<Filter> parts = {};  ///< at least one, unless a condition
    FilterCondition condition = {};

    friend bool operator==(const Filter&, const Filter&) = default;
};

/// Whether one value of the condition's field satisfies it; `is_item`: the value is an item of a
/// list. Values of another type than the condition's satisfy nothing but `exists`.
bool satisfies(const FilterValue& value, bool is_item, const FilterCondition& condition);

}  // namespace soma::domain
