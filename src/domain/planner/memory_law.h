#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "domain/constitution/rules/rule_set.h"

namespace soma::domain {

/// What the law says of one memory's part in an answer, by its tags.
struct MemoryVerdict {
    std::optional<Ground> vetoed_by;  ///< it may not be part of it
    double penalty = 0;               ///< what its part takes off the utility
    std::optional<Ground> penalised_by;

    friend bool operator==(const MemoryVerdict&, const MemoryVerdict&) = default;
};

/// Asks the rules of the request as if it bore the memory's tags, and takes away what they say of
/// the request without: a rule counts here where the tags make it match. A rule that would leave
/// the request to a person vetoes as one that denies. Pure; views into the rules.
MemoryVerdict judge_memory(const RuleSet& rules, RequestFacts request,
                           std::span<const std::string_view> tags);

}  // namespace soma::domain
