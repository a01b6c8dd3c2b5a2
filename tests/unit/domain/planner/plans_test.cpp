#include "domain/planner/plans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace soma::domain {
namespace {

const math::UtilityWeights kWeights{.baseline = 1, .confidence = 1, .cost = 0.01, .latency = 0.01};

UtilityFigures action(double p = 1) {
    return judge_utility(kWeights, {.confidence = p, .cost = 5}, 0.25);
}

std::vector<OrderedStep> order_of(const StepGraph& graph) {
    return std::get<std::vector<OrderedStep>>(order_steps(graph));
}

Choice chosen(const StepGraph& graph, const TokenTerms& terms, std::vector<std::size_t> tokens) {
    return choose_plan(action(), terms, graph, order_of(graph), tokens);
}

const Candidate& best(const Choice& choice) {
    return choice.candidates[choice.best];
}

/// 0 needs 1 and 2; 1 needs 3.
const StepGraph kTree{4, {{0, 1, 1}, {0, 2, 0.5}, {1, 3, 0.5}}, {0}};

TEST(Plans, WithoutBudgetAndPriceAllIsDoneInTheBridgesOrder) {
    const auto choice = chosen(kTree, {}, {10, 10, 10, 10});
    EXPECT_EQ(best(choice).name, "bridge");
    EXPECT_EQ(best(choice).coverage, 1);
    EXPECT_EQ(*best(choice).utility, action().utility);
    std::vector<std::size_t> steps;
    for (const auto& step : order_of(kTree)) {
        steps.push_back(step.step);
    }
    EXPECT_EQ(best(choice).memories, steps);
}

TEST(Plans, WhatIsNeededFaintlyIsWorthLess) {
    EXPECT_EQ(worth_of_steps(kTree, order_of(kTree)), (std::vector<double>{1, 1, 0.5, 0.5}));
    const StepGraph faint{3, {{0, 1, 1e-9}, {1, 2, 0.5}}, {0, 1}};
    EXPECT_EQ(worth_of_steps(faint, order_of(faint)), (std::vector<double>{1, 1, 0.5}))
        << "a goal is a goal, whoever needs it";
    const StepGraph chain{3, {{0, 1, 1e-9}, {1, 2, 0.5}}, {0}};
    EXPECT_EQ(worth_of_steps(chain, order_of(chain)), (std::vector<double>{1, 0.1, 0.05}));
}

TEST(Plans, ABudgetTakesTheOrderThatCoversMost) {
    // Of two goals one is cheap: before the other's long needs there is room for it.
    const StepGraph two{4, {{0, 2, 1}, {2, 3, 1}, {1, 2, 0.1}}, {0, 1}};
    const StepGraph apart{4, {{0, 2, 1}, {1, 3, 1}}, {0, 1}};
    const auto choice = chosen(apart, {.budget = 100}, {10, 10, 200, 20});
    EXPECT_EQ(best(choice).quoted, 2U);
    EXPECT_EQ(
        std::vector<std::size_t>(best(choice).memories.begin(), best(choice).memories.begin() + 2),
        (std::vector<std::size_t>{3, 1}));
    EXPECT_EQ(best(choice).coverage, 0.5);
    EXPECT_EQ(best(chosen(two, {.budget = 1'000}, {10, 10, 10, 10})).name, "bridge");
}

TEST(Plans, APriceMakesThemShallow) {
    // Three layers; the deeper ones are dear.
    const StepGraph chain{3, {{0, 1, 1}, {1, 2, 1}}, {0}};
    EXPECT_EQ(best(chosen(chain, {.price = 0.001}, {50, 50, 1})).name, "bridge");
    const auto shallow = best(chosen(chain, {.price = 10}, {500, 500, 1}));
    EXPECT_EQ(shallow.memories, std::vector<std::size_t>{2});
    EXPECT_DOUBLE_EQ(*shallow.utility, 1 + std::log(1.0 / 3) - 0.01 * (5 + 10) - 0.25);
}

TEST(Plans, WhereNothingFitsNothingIsPlanned) {
    const auto choice = chosen(kTree, {.budget = 5}, {10, 10, 10, 10});
    EXPECT_EQ(best(choice).quoted, 0U);
    EXPECT_FALSE(best(choice).utility.has_value());
}

StepGraph some_graph(std::mt19937_64& random) {
    const auto below = [&](std::size_t most) { return random() % most; };
    StepGraph graph{1 + below(20), {}, {0}};
    for (std::uint32_t s = 1; s < graph.count; ++s) {
        graph.dependencies.push_back(
            {static_cast<std::uint32_t>(below(s)), s, static_cast<double>(1 + below(10)) / 10});
        const auto by = static_cast<std::uint32_t>(below(s));
        graph.dependencies.push_back({by, s, static_cast<double>(1 + below(10)) / 10});
    }
    return graph;
}

void expect_kept(const StepGraph& graph, const std::vector<std::size_t>& tokens, std::size_t budget,
                 const Candidate& candidate) {
    const auto& steps = candidate.memories;
    std::size_t taken = 0;
    for (std::size_t at = 0; at < candidate.quoted; ++at) {
        taken += tokens[steps[at]];
    }
    ASSERT_EQ(candidate.tokens, taken);
    ASSERT_LE(taken, budget);
    for (const auto& link : graph.dependencies) {
        const auto step = std::find(steps.begin(), steps.end(), link.step);
        if (step != steps.end()) {
            ASSERT_LT(std::find(steps.begin(), steps.end(), link.needs), step);
        }
    }
}

/// 10,000 budgets over random graphs: none is exceeded, needs come first and are there, the best is
/// the best of few.
TEST(Plans, KeepBudgetsAndNeeds) {
    std::mt19937_64 random(11);
    StepGraph graph;
    std::vector<OrderedStep> order;
    for (int i = 0; i < 10'000; ++i) {
        if (i % 20 == 0) {
            graph = some_graph(random);
            order = order_of(graph);
        }
        std::vector<std::size_t> tokens(graph.count);
        for (auto& each : tokens) {
            each = random() % 100;
        }
        const TokenTerms terms{.price = 0.01, .budget = random() % 1'500};
        const auto choice = choose_plan(action(), terms, graph, order, tokens);
        ASSERT_LE(choice.candidates.size(), kMaxPlanCandidates);
        for (const auto& candidate : choice.candidates) {
            expect_kept(graph, tokens, *terms.budget, candidate);
            ASSERT_TRUE(!candidate.utility || *candidate.utility <= *best(choice).utility);
        }
        const auto again = choose_plan(action(), terms, graph, order, tokens);
        ASSERT_EQ(again.candidates, choice.candidates);
        ASSERT_EQ(again.best, choice.best);
    }
}

}  // namespace
}  // namespace soma::domain
