#include "domain/planner/candidates.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

namespace soma::domain {
namespace {

const math::UtilityWeights kWeights{.baseline = 1, .confidence = 1, .cost = 0.01, .latency = 0.01};

UtilityFigures action(double p = 1) {
    return judge_utility(kWeights, {.confidence = p, .cost = 5, .latency_seconds = 1}, 0.25);
}

std::vector<CandidateMemory> found(std::vector<double> shares, std::size_t tokens = 10) {
    std::vector<CandidateMemory> out;
    for (const double share : shares) {
        out.push_back({.share = share, .tokens = tokens});
    }
    return out;
}

const Candidate& best(const Choice& choice) {
    return choice.candidates[choice.best];
}

TEST(Candidates, WithoutAPriceEverythingIsQuoted) {
    const auto choice = choose_candidate(action(0.8), {}, found({0.7, 0.2, 0.06, 0.04}));
    EXPECT_EQ(best(choice).name, "all");
    EXPECT_EQ(best(choice).coverage, 1);
    EXPECT_EQ(*best(choice).utility, action(0.8).utility);
    EXPECT_EQ(best(choice).tokens, 40U);
    EXPECT_EQ(choice.candidates.size(), 4U) << "all, half, three, one";
}

TEST(Candidates, WithAPriceWhatCoversLittleIsLeftOut) {
    const auto memories = found({0.9, 0.06, 0.03, 0.01});
    EXPECT_EQ(best(choose_candidate(action(), {.price = 0.001}, memories)).name, "all");
    EXPECT_EQ(best(choose_candidate(action(), {.price = 1}, memories)).name, "one");
    const auto one = best(choose_candidate(action(0.5), {.price = 1}, memories));
    EXPECT_DOUBLE_EQ(*one.utility, 1 + std::log(0.5 * 0.9) - 0.01 * (5 + 10) - 0.01 - 0.25);
    const auto even = found({0.26, 0.25, 0.25, 0.24});
    EXPECT_EQ(best(choose_candidate(action(), {.price = 1}, even)).name, "all");
}

TEST(Candidates, OrdersOfTheSameMemoriesAreEqualsAndTheFirstIsChosen) {
    auto memories = found({0.1, 0.2, 0.3, 0.7, 1 - 1e-9});
    memories[0].penalty = 0.1;
    memories[1].penalty = 0.2;
    memories[3].penalty = 0.3;
    std::vector<std::size_t> order{0, 1, 2, 3, 4};
    std::vector<Pick> picks;
    do {
        picks.push_back({"some order", order});
    } while (std::next_permutation(order.begin(), order.end()));
    const auto choice = choose_among(action(), {}, memories, picks);
    ASSERT_EQ(choice.candidates.size(), 120U);
    for (const auto& candidate : choice.candidates) {
        EXPECT_EQ(candidate.coverage, 1);
        EXPECT_EQ(candidate.penalty, choice.candidates[0].penalty);
    }
    EXPECT_EQ(choice.best, 0U);
}

TEST(Candidates, WhatTheLawVetoesIsNeverChosen) {
    auto memories = found({0.9, 0.1});
    memories[0].vetoed_by = "privacy";
    const auto choice = choose_candidate(action(), {}, memories);
    EXPECT_EQ(best(choice).memories, std::vector<std::size_t>{1});
    EXPECT_EQ(best(choice).coverage, 1) << "of what may be quoted";
    ASSERT_EQ(choice.candidates[1].name, "as_found");
    EXPECT_EQ(choice.candidates[1].vetoed_by, "privacy");
    memories[1].vetoed_by = "privacy";
    EXPECT_TRUE(best(choose_candidate(action(), {}, memories)).memories.empty());
}

TEST(Candidates, APenaltyIsWeighedAgainstWhatTheMemoryCovers) {
    auto memories = found({0.95, 0.05});
    memories[1].penalty = 0.5;
    EXPECT_EQ(best(choose_candidate(action(), {}, memories)).name, "without_penalties");
    memories[1].penalty = 0.01;
    EXPECT_EQ(best(choose_candidate(action(), {}, memories)).name, "all");
}

TEST(Candidates, NothingFoundIsOneCandidate) {
    const auto choice = choose_candidate(action(), {.price = 1}, {});
    ASSERT_EQ(choice.candidates.size(), 1U);
    EXPECT_EQ(*best(choice).utility, action().utility);
}

TEST(Candidates, WithinABudgetOrderDecidesWhatIsCovered) {
    // The best found is long: in its place three others fit, which are worth more together.
    std::vector<CandidateMemory> memories{{.share = 0.4, .tokens = 90},
                                          {.share = 0.25, .tokens = 30},
                                          {.share = 0.2, .tokens = 30},
                                          {.share = 0.15, .tokens = 30}};
    const auto choice = choose_candidate(action(), {.budget = 100}, memories);
    EXPECT_EQ(best(choice).name, "densest");
    EXPECT_EQ(best(choice).memories, (std::vector<std::size_t>{1, 2, 3, 0}));
    EXPECT_EQ(best(choice).quoted, 3U);
    EXPECT_EQ(best(choice).tokens, 90U);
    EXPECT_NEAR(best(choice).coverage, 0.6, 1e-12);
    EXPECT_EQ(choice.candidates.front().quoted, 1U);
    EXPECT_EQ(best(choose_candidate(action(), {.budget = 200}, memories)).name, "all");
    EXPECT_FALSE(best(choose_candidate(action(), {.budget = 10}, memories)).utility)
        << "nothing fits";
}

struct Asked {
    UtilityFigures action;
    TokenTerms terms;
    std::vector<CandidateMemory> memories;
};

Asked some_asked() {
    const auto below = [](int most) { return *rc::gen::inRange(0, most); };
    Asked asked{.action = action((1 + below(99)) / 100.0),
                .terms = {.price = below(50) / 10.0},
                .memories = std::vector<CandidateMemory>(static_cast<std::size_t>(below(21)))};
    for (auto& memory : asked.memories) {
        memory.share = below(100) / 100.0;
        memory.tokens = static_cast<std::size_t>(below(500));
        memory.penalty = below(4) == 0 ? below(100) / 50.0 : 0;
        memory.vetoed_by = below(6) == 0 ? "article" : "";
    }
    if (below(4) != 0) {
        asked.terms.budget = static_cast<std::size_t>(below(2000));
    }
    return asked;
}

TEST(Candidates, TheBestIsTheBestAndKeepsTheLaw) {
    ASSERT_TRUE(rc::check([] {
        const Asked asked = some_asked();
        const auto choice = choose_candidate(asked.action, asked.terms, asked.memories);
        RC_ASSERT(choice.candidates.size() <= kMaxCandidates);
        std::set<std::vector<std::size_t>> picks;
        for (const auto& candidate : choice.candidates) {
            RC_ASSERT(picks.insert(candidate.memories).second);
            RC_ASSERT(candidate.coverage >= 0 && candidate.coverage <= 1);
            if (candidate.vetoed_by.empty() && candidate.utility) {
                RC_ASSERT(best(choice).utility && *candidate.utility <= *best(choice).utility);
            }
        }
        RC_ASSERT(best(choice).vetoed_by.empty());
        for (const std::size_t place : best(choice).memories) {
            RC_ASSERT(asked.memories[place].vetoed_by.empty());
        }
        const auto again = choose_candidate(asked.action, asked.terms, asked.memories);
        RC_ASSERT(again.candidates == choice.candidates && again.best == choice.best);
    }));
}

/// 10,000 budgets: no candidate is quoted beyond its own, and none stops before it must.
TEST(Candidates, NoBudgetIsEverExceeded) {
    std::mt19937_64 random(7);
    const auto below = [&](std::size_t most) { return random() % most; };
    for (int i = 0; i < 10'000; ++i) {
        std::vector<CandidateMemory> memories(below(21));
        for (auto& memory : memories) {
            memory.share = static_cast<double>(below(100)) / 100.0;
            memory.tokens = below(500);
        }
        const std::size_t budget = below(4000);
        for (const auto& candidate :
             choose_candidate(action(), {.price = 0.01, .budget = budget}, memories).candidates) {
            std::size_t tokens = 0;
            for (std::size_t at = 0; at < candidate.quoted; ++at) {
                tokens += memories[candidate.memories[at]].tokens;
            }
            ASSERT_EQ(candidate.tokens, tokens);
            ASSERT_LE(tokens, budget);
            if (candidate.quoted < candidate.memories.size()) {
                ASSERT_GT(tokens + memories[candidate.memories[candidate.quoted]].tokens, budget);
            }
        }
    }
}

}  // namespace
}  // namespace soma::domain
