#pragma once
#include <optional>
#include <span>
#include <string>

#include "domain/constitution/rules/rule_set.h"

namespace soma::domain {

/// What the law says of one memory's part in an answer, by its tags.
struct MemoryVerdict {
    std::optional<Ground> vetoed_by;  ///< it may not be part of it
    double penalty = 0;               ///< what its part takes off the utility
    std::optional<Ground> penalised_by;

    friend bool operator==(const MemoryVerdict&, const MemoryVerdict&) = default;
};

/// Asks the rules of a request as if it bore a memory's tags, and takes away what they say of the
/// request without: a rule counts here where the tags make it match. A rule that would leave the
/// request to a person vetoes as one that denies. What of the request is the same for all memories
/// is asked once. Pure; views into the rules, which outlive it.
class MemoryLaw {
  public:
    /// `request` as it is known without tags.
    MemoryLaw(const RuleSet& rules, const RequestFacts& request);

    /// False: no rule tells memories apart, and every verdict is the same: nothing.
    bool tells_apart() const { return without_.has_value(); }
    MemoryVerdict judge(std::span<const std::string> tags) const;

  private:
    const RuleSet& rules_;
    RequestFacts request_;
    std::optional<Verdict> without_;  ///< absent: nothing is to be told apart
};

}  // namespace soma::domain
