#include "domain/planner/memory_law.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <vector>

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
MemoryVerdict judged(const RuleSet& rules, const std::vector<std::string>& tags) {
    return MemoryLaw(rules, {.endpoint = Endpoint::evaluate, .roles = {Role::agent}}).judge(tags);
}
bool tells_apart(const std::vector<Rule>& rules) {
    const RuleSet set(rules);
    return MemoryLaw(set, {.endpoint = Endpoint::evaluate, .roles = {Role::agent}}).tells_apart();
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

TEST(MemoryLaw, RulesThatNoTagOfAMemoryDecidesTellNothingApart) {
    EXPECT_FALSE(tells_apart({rule("all", Allow{}), rule("no", Deny{})}));
    EXPECT_FALSE(tells_apart({rule("some", Allow{}, {"x"}), rule("say", Directive{"a"}, {"x"}),
                              rule("blot", Redact{}, {"x"})}));
    EXPECT_FALSE(tells_apart({rule("no", Deny{}, {"x"}, {Endpoint::recall})}));
    Rule costly = rule("costly", Deny{}, {"x"});
    costly.match.amounts = {{.amount = Amount::cost, .min = 1}};
    EXPECT_FALSE(tells_apart({costly})) << "a memory has no amounts";
    EXPECT_TRUE(tells_apart({rule("no", Deny{}, {"x"})}));
    EXPECT_TRUE(tells_apart({rule("ask", RequireReview{}, {"x"}, {Endpoint::evaluate})}));
    EXPECT_TRUE(tells_apart({rule("old", Penalty{0.5}, {"x"})}));
}

TEST(MemoryLaw, WhereNothingIsToldApartTheRulesSayNothingOfAnyTags) {
    ASSERT_TRUE(rc::check([] {
        const auto below = [](int most) { return *rc::gen::inRange(0, most); };
        const auto some_tags = [&] {
            std::vector<std::string> tags;
            for (const char* tag : {"a", "b", "c"}) {
                if (below(3) == 0) tags.push_back(tag);
            }
            return tags;
        };
        const std::vector<Effect> effects{Allow{},      Deny{},         RequireReview{},
                                          Penalty{0.5}, Directive{"x"}, Redact{}};
        std::vector<Rule> rules;
        for (int i = below(6); i > 0; --i) {
            rules.push_back(rule(
                std::to_string(i), effects[static_cast<std::size_t>(below(6))], some_tags(),
                below(2) == 0 ? std::vector<Endpoint>{} : std::vector<Endpoint>{Endpoint::recall}));
        }
        const RuleSet set(rules);
        const RequestFacts request{.endpoint = Endpoint::evaluate, .roles = {Role::agent}};
        const auto tags = some_tags();
        const std::vector<std::string_view> views(tags.begin(), tags.end());
        RequestFacts tagged = request;
        tagged.tags = views;
        const Verdict with = set.evaluate(tagged);
        const Verdict without = set.evaluate(request);
        const MemoryLaw law(set, request);
        if (!law.tells_apart()) {
            RC_ASSERT(with.denied_by == without.denied_by);
            RC_ASSERT(with.review_by == without.review_by);
            RC_ASSERT(with.penalty == without.penalty);
        }
        const auto verdict = law.judge(tags);
        RC_ASSERT(verdict.penalty == with.penalty - without.penalty);
        RC_ASSERT(verdict.vetoed_by.has_value() ==
                  (with.denied_by != without.denied_by || with.review_by != without.review_by));
    }));
}

}  // namespace
}  // namespace soma::domain
