#include "domain/planner/memory_law.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

Rule rule(std::string id, Effect effect, std::vector<std::string> tags = {},
          std::vector<Endpoint> endpoints = {}) {
    Match match;
    match.tags = std::move(tags);
    match.endpoints = std::move(endpoints);
    return {std::move(id), "article", std::move(match), std::move(effect)};
}

/// What it says are views into `rules`.
MemoryVerdict judged(const RuleSet& rules, std::vector<std::string_view> tags) {
    return judge_memory(rules, {.endpoint = Endpoint::evaluate, .roles = {Role::agent}}, tags);
}

TEST(MemoryLaw, ARuleOfItsTagVetoesIt) {
    const RuleSet rules(std::vector<Rule>{rule("all", Allow{}), rule("no", Deny{}, {"private"}),
                                          rule("ask", RequireReview{}, {"final"})});
    ASSERT_TRUE(judged(rules, {"x", "private"}).vetoed_by);
    EXPECT_EQ(judged(rules, {"x", "private"}).vetoed_by->rule, "no");
    EXPECT_EQ(judged(rules, {"final"}).vetoed_by->rule, "ask");
    EXPECT_FALSE(judged(rules, {"x"}).vetoed_by);
    EXPECT_FALSE(judged(rules, {}).vetoed_by);
}

TEST(MemoryLaw, ARuleOfAnotherEndpointSaysNothing) {
    const RuleSet rules(std::vector<Rule>{rule("all", Allow{}),
                                          rule("no", Deny{}, {"private"}, {Endpoint::recall})});
    EXPECT_FALSE(judged(rules, {"private"}).vetoed_by);
}

TEST(MemoryLaw, PenaltiesOfTheRequestItselfAreNotCountedAgain) {
    const RuleSet rules(std::vector<Rule>{rule("all", Allow{}), rule("each", Penalty{3}),
                                          rule("old", Penalty{0.5}, {"old"}),
                                          rule("stale", Penalty{0.25}, {"stale"})});
    EXPECT_EQ(judged(rules, {"old"}).penalty, 0.5);
    EXPECT_EQ(judged(rules, {"stale", "old"}).penalty, 0.75);
    EXPECT_EQ(judged(rules, {"new"}), MemoryVerdict{});
}

}  // namespace
}  // namespace soma::domain
