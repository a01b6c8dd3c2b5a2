#include "domain/planner/candidates.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// Judges candidates against one action.
class Judge {
  public:
    Judge(const UtilityFigures& action, double price, std::span<const CandidateMemory> found)
        : action_(action), price_(price), found_(found) {
        for (const auto& memory : found) {
            allowed_share_ += memory.vetoed_by.empty() ? memory.share : 0;
        }
    }

    Candidate judge(std::string name, Places places) const {
        Candidate out{.name = std::move(name), .memories = std::move(places)};
        double share = 0;
        for (const std::size_t place : out.memories) {
            const auto& memory = found_[place];
            share += memory.share;
            out.tokens += memory.tokens;
            out.penalty += memory.penalty;
            if (out.vetoed_by.empty()) {
                out.vetoed_by = memory.vetoed_by;
            }
        }
        out.coverage = allowed_share_ > 0 ? std::min(1.0, share / allowed_share_) : 1;
        const double p = action_.probability * out.coverage;
        if (p > 0) {
            const PlannedAction action{
                .confidence = p,
                .cost = action_.cost + static_cast<double>(out.tokens) * price_,
                .latency_seconds = action_.latency_seconds};
            out.utility =
                judge_utility(action_.weights, action, action_.penalty + out.penalty).utility;
        }
        return out;
    }

  private:
    const UtilityFigures& action_;
    double price_;
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

Choice choose_candidate(const UtilityFigures& action, double price,
                        std::span<const CandidateMemory> found) {
    const Judge judge(action, price, found);
    Places as_found(found.size());
    std::iota(as_found.begin(), as_found.end(), std::size_t{0});
    const Places all =
        filtered(as_found, [&](std::size_t place) { return found[place].vetoed_by.empty(); });
    const Places harmless =
        filtered(all, [&](std::size_t place) { return found[place].penalty == 0; });
    Choice choice;
    const auto add = [&](std::string name, const Places& places) {
        const bool is_new =
            std::none_of(choice.candidates.begin(), choice.candidates.end(),
                         [&](const Candidate& known) { return known.memories == places; });
        if (is_new) {
            choice.candidates.push_back(judge.judge(std::move(name), places));
        }
    };
    add("all", all);
    add("as_found", as_found);
    add("without_penalties", harmless);
    add("half", first(all, (all.size() + 1) / 2));
    add("three", first(all, 3));
    add("one", first(all, 1));
    SOMA_ASSERT(choice.candidates.size() <= kMaxCandidates, "each is added once");
    for (std::size_t i = 1; i < choice.candidates.size(); ++i) {
        if (is_better(choice.candidates[i], choice.candidates[choice.best])) {
            choice.best = i;
        }
    }
    return choice;
}

}  // namespace soma::domain
