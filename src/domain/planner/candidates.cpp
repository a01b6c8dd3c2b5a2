#include "domain/planner/candidates.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace soma::domain {
namespace {

using Places = std::vector<std::size_t>;

/// Those places that pass, in their order.
template <class Passes>
Places filtered(const Places& places, const Passes& passes) {
    Places out;
    std::copy_if(places.begin(), places.end(), std::back_inserter(out), passes);
    return out;
}

Places first(const Places& places, std::size_t count) {
    return {places.begin(),
            places.begin() + static_cast<std::ptrdiff_t>(std::min(count, places.size()))};
}

/// By share per token, the greatest first; equals stay as they are.
Places densest(const Places& places, std::span<const CandidateMemory> found) {
    Places out = places;
    const auto density = [&](std::size_t place) {
        return found[place].share /
               static_cast<double>(std::max<std::size_t>(1, found[place].tokens));
    };
    std::stable_sort(out.begin(), out.end(),
                     [&](std::size_t a, std::size_t b) { return density(a) > density(b); });
    return out;
}

/// Judges candidates against one action.
class Judge {
  public:
    Judge(const UtilityFigures& action, const TokenTerms& terms,
          std::span<const CandidateMemory> found)
        : action_(action), terms_(terms), found_(found) {
        for (const auto& memory : found) {
            allowed_share_ += memory.vetoed_by.empty() ? memory.share : 0;
        }
    }

    Candidate judge(Pick pick) const {
        Candidate out{.name = std::move(pick.name), .memories = std::move(pick.memories)};
        for (const std::size_t place : out.memories) {
            if (out.vetoed_by.empty()) {
                out.vetoed_by = found_[place].vetoed_by;
            }
        }
        for (const std::size_t place : out.memories) {
            const auto& memory = found_[place];
            if (terms_.budget && out.tokens + memory.tokens > *terms_.budget) {
                break;
            }
            out.tokens += memory.tokens;
            ++out.quoted;
        }
        out.penalty = sum(out.memories, &CandidateMemory::penalty);
        const double share = sum(first(out.memories, out.quoted), &CandidateMemory::share);
        out.coverage = allowed_share_ > 0 ? std::min(1.0, share / allowed_share_) : 1;
        const double p = action_.probability * out.coverage;
        if (p > 0) {
            const PlannedAction action{
                .confidence = p,
                .cost = action_.cost + static_cast<double>(out.tokens) * terms_.price,
                .latency_seconds = action_.latency_seconds};
            out.utility =
                judge_utility(action_.weights, action, action_.penalty + out.penalty).utility;
        }
        return out;
    }

  private:
    /// In the order of places, not of the candidate: two orders of the same memories are equals to
    /// the last bit, and the first of them is chosen.
    double sum(Places places, double CandidateMemory::*figure) const {
        std::sort(places.begin(), places.end());
        double total = 0;
        for (const std::size_t place : places) {
            total += found_[place].*figure;
        }
        return total;
    }

    const UtilityFigures& action_;
    const TokenTerms& terms_;
    std::span<const CandidateMemory> found_;
    double allowed_share_ = 0;
};

bool is_better(const Candidate& one, const Candidate& other) {
    const auto worth = [](const Candidate& candidate) {
        return candidate.vetoed_by.empty() && candidate.utility ? *candidate.utility : -HUGE_VAL;
    };
    return worth(one) > worth(other);
}

}  // namespace

Choice choose_among(const UtilityFigures& action, const TokenTerms& terms,
                    std::span<const CandidateMemory> memories, std::vector<Pick> picks) {
    const Judge judge(action, terms, memories);
    Choice choice;
    for (auto& pick : picks) {
        const bool is_new =
            std::none_of(choice.candidates.begin(), choice.candidates.end(),
                         [&](const Candidate& known) { return known.memories == pick.memories; });
        if (is_new) {
            choice.candidates.push_back(judge.judge(std::move(pick)));
        }
    }
    SOMA_ASSERT(!choice.candidates.empty(), "there is something to choose from");
    for (std::size_t i = 1; i < choice.candidates.size(); ++i) {
        if (is_better(choice.candidates[i], choice.candidates[choice.best])) {
            choice.best = i;
        }
    }
    return choice;
}

Choice choose_candidate(const UtilityFigures& action, const TokenTerms& terms,
                        std::span<const CandidateMemory> found) {
    Places as_found(found.size());
    std::iota(as_found.begin(), as_found.end(), std::size_t{0});
    const Places all =
        filtered(as_found, [&](std::size_t place) { return found[place].vetoed_by.empty(); });
    const Places harmless =
        filtered(all, [&](std::size_t place) { return found[place].penalty == 0; });
    std::vector<Pick> picks{{"all", all},
                            {"as_found", as_found},
                            {"without_penalties", harmless},
                            {"half", first(all, (all.size() + 1) / 2)},
                            {"three", first(all, 3)},
                            {"one", first(all, 1)}};
    if (terms.budget) {
        picks.push_back({"densest", densest(all, found)});
    }
    SOMA_ASSERT(picks.size() <= kMaxCandidates, "an answer has room for so many");
    return choose_among(action, terms, found, std::move(picks));
}

}  // namespace soma::domain
