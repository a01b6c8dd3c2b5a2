#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/planner/utility.h"

namespace soma::domain {

/// At most so many prompts are compared for one answer.
inline constexpr std::size_t kMaxCandidates = 7;

/// What a choice knows of a memory that could be quoted: one that was found, or a plan's step.
struct CandidateMemory {
    double share = 0;            ///< what it is worth beside the others: w = softmax(s/τ)
    std::size_t tokens = 0;      ///< what quoting it takes
    double penalty = 0;          ///< the law's, by its tags
    std::string vetoed_by = {};  ///< the article that keeps it out; empty: none
};

/// What quoting costs.
struct TokenTerms {
    double price = 0;                        ///< of one token
    std::optional<std::size_t> budget = {};  ///< most tokens of what is quoted; absent: any number
};

/// Some of the memories in an order: a candidate before it is judged.
struct Pick {
    std::string name;
    std::vector<std::size_t> memories = {};  ///< places among those given, each once
};

/// A pick with what the action would be worth with it:
/// U = b + λ ln(p · coverage) − μ (c + tokens · price) − ν ℓ − penalties. They are quoted in their
/// order up to the first that the budget does not hold, so order decides what is covered. Less is
/// covered where less is quoted, so p falls; and what is quoted has its price.
struct Candidate {
    std::string name;
    std::vector<std::size_t> memories = {};  ///< as they are picked
    double coverage = 1;         ///< share of what is quoted in all that may be; 1 without any
    std::size_t quoted = 0;      ///< so many of them, from the first on, are within the budget
    std::size_t tokens = 0;      ///< of those: never above the budget
    double penalty = 0;          ///< of all its memories
    std::string vetoed_by = {};  ///< the article that keeps it from being chosen; empty: none
    std::optional<double> utility = {};  ///< absent where nothing of what is known is covered

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// The candidates, each another pick, and the best of them: the greatest utility among those that
/// no article vetoes, the first of equals.
struct Choice {
    std::vector<Candidate> candidates;
    std::size_t best = 0;
};

/// Judges the picks, of equal ones the first. At least one is given. Pure. `action` is what the
/// gate has admitted.
Choice choose_among(const UtilityFigures& action, const TokenTerms& terms,
                    std::span<const CandidateMemory> memories, std::vector<Pick> picks);

/// Prompts compared: "all" memories that may be quoted, best first; "as_found", whatever the law
/// says; "without_penalties"; the first "half", "three" and "one"; and, where there is a budget,
/// "densest": all in the order of their share per token. Pure.
Choice choose_candidate(const UtilityFigures& action, const TokenTerms& terms,
                        std::span<const CandidateMemory> found);

}  // namespace soma::domain
