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
inline constexpr std::size_t kMaxCandidates = 6;

/// What the choice of a prompt knows of a memory that was found.
struct CandidateMemory {
    double share = 0;            ///< of the weights, w = softmax(s/τ)
    std::size_t tokens = 0;      ///< what quoting it takes
    double penalty = 0;          ///< the law's, by its tags
    std::string vetoed_by = {};  ///< the article that keeps it out; empty: none
};

/// A prompt that could be recommended: which memories it quotes, and what the action would be worth
/// with it: U = b + λ ln(p · coverage) − μ (c + tokens · price) − ν ℓ − penalties. Less is covered
/// where less is quoted, so p falls; and what is quoted has its price.
struct Candidate {
    std::string name;  ///< "as_found", "all", "without_penalties", "half", "three", "one"
    std::vector<std::size_t> memories = {};  ///< places among those found, best first
    double coverage = 1;  ///< share of the allowed memories' weights; 1 without any
    std::size_t tokens = 0;
    double penalty = 0;
    std::string vetoed_by = {};  ///< the article that keeps it from being chosen; empty: none
    std::optional<double> utility = {};  ///< absent where nothing of what is known is covered

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// The candidates, each with another set of memories, and the best of them: the greatest utility
/// among those that no article vetoes, the first of equals. "all" is every memory that may be
/// quoted, and stands before those that quote fewer.
struct Choice {
    std::vector<Candidate> candidates;
    std::size_t best = 0;
};

/// Pure. `action` is what the gate has admitted; `price` is that of a token.
Choice choose_candidate(const UtilityFigures& action, double price,
                        std::span<const CandidateMemory> found);

}  // namespace soma::domain
