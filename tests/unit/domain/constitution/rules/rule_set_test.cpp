#include "domain/constitution/rules/rule_set.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace soma::domain {
namespace {

const Uuid kTenant = *Uuid::parse("00000000-0000-7000-8000-000000000001");
const Uuid kOther = *Uuid::parse("00000000-0000-7000-8000-000000000002");

Rule rule(std::string id, Effect effect, Match match = {}) {
    return {std::move(id), "article", std::move(match), std::move(effect)};
}

RequestFacts facts() {
    return {.endpoint = Endpoint::recall, .roles = {Role::agent}, .tenant = kTenant};
}

bool holds(Match match, const RequestFacts& request) {
    return RuleSet({rule("r", Allow{}, std::move(match))}).evaluate(request).allowed;
}

TEST(RuleSet, WhatNoRuleAllowsIsDenied) {
    EXPECT_EQ(RuleSet({}).evaluate(facts()), Verdict{});
    EXPECT_FALSE(RuleSet({rule("r", Directive{"x"})}).evaluate(facts()).allowed);
    EXPECT_TRUE(RuleSet({rule("r", Allow{})}).evaluate(facts()).allowed);
}

TEST(RuleSet, DenyWinsAndNamesItsArticle) {
    const RuleSet rules({rule("a", Allow{}),
                         {"m", "no-more", {}, Deny{}},
                         rule("z", Allow{}),
                         {"n", "later", {}, Deny{}}});
    const Verdict verdict = rules.evaluate(facts());
    EXPECT_FALSE(verdict.allowed);
    EXPECT_EQ(verdict.denied_by, (Ground{"m", "no-more"}));
    EXPECT_EQ(rules.size(), 4U);
}

TEST(RuleSet, EveryConditionMustHold) {
    EXPECT_TRUE(holds({.endpoints = {Endpoint::recall, Endpoint::evaluate}}, facts()));
    EXPECT_FALSE(holds({.endpoints = {Endpoint::evaluate}}, facts()));
    EXPECT_TRUE(holds({.roles = {Role::agent, Role::admin}}, facts()));
    EXPECT_FALSE(holds({.roles = {Role::admin}}, facts()));
    EXPECT_TRUE(holds({.tenants = {kOther, kTenant}}, facts()));
    EXPECT_FALSE(holds({.tenants = {kOther}}, facts()));
    EXPECT_FALSE(holds({.endpoints = {Endpoint::recall}, .roles = {Role::admin}}, facts()));
}

TEST(RuleSet, OneTagInCommonIsEnough) {
    const std::string_view tags[] = {"z", "unheard of", "b"};
    RequestFacts request = facts();
    EXPECT_FALSE(holds({.tags = {"a"}}, request));
    request.tags = tags;
    EXPECT_TRUE(holds({.tags = {"c", "b", "a"}}, request));
    EXPECT_TRUE(holds({.tags = {"z"}}, request));
    EXPECT_FALSE(holds({.tags = {"a", "c", "y"}}, request));
    // Other rules' tags are told apart.
    const RuleSet rules({rule("1", Penalty{1}, {.tags = {"a", "b"}}),
                         rule("2", Penalty{10}, {.tags = {"z"}}),
                         rule("3", Penalty{100}, {.tags = {"c"}})});
    EXPECT_EQ(rules.evaluate(request).penalty, 11);
}

TEST(RuleSet, ClassesAndAmounts) {
    RequestFacts request = facts();
    EXPECT_FALSE(holds({.classes = {TextClass::pii_email}}, request));
    request.classes = {TextClass::pii_email, TextClass::secret_key};
    EXPECT_TRUE(holds({.classes = {TextClass::pii_email, TextClass::pii_card}}, request));
    EXPECT_FALSE(holds({.classes = {TextClass::pii_card}}, request));

    const Match over{.amounts = {{Amount::cost, 10, std::nullopt}}};
    const Match between{.amounts = {{Amount::cost, 10, 20}, {Amount::items, std::nullopt, 5}}};
    EXPECT_FALSE(holds(over, request));
    request.amounts[static_cast<std::size_t>(Amount::cost)] = 10;
    EXPECT_TRUE(holds(over, request));
    EXPECT_FALSE(holds(between, request)) << "items are not known";
    request.amounts[static_cast<std::size_t>(Amount::items)] = 5;
    EXPECT_TRUE(holds(between, request));
    request.amounts[static_cast<std::size_t>(Amount::items)] = 6;
    EXPECT_FALSE(holds(between, request));
    request.amounts[static_cast<std::size_t>(Amount::cost)] = 9.99;
    EXPECT_FALSE(holds(over, request));
    request.amounts[static_cast<std::size_t>(Amount::cost)] = 20.01;
    EXPECT_TRUE(holds(over, request));
    EXPECT_FALSE(holds(between, request));
}

TEST(RuleSet, WhatRulesAddIsGathered) {
    const RuleSet rules({rule("b", Directive{"second"}), rule("a", Directive{"first"}),
                         rule("c", Redact{{TextClass::pii_card}}),
                         rule("d", Redact{{TextClass::pii_email}}), rule("e", RequireReview{}),
                         rule("f", Penalty{0.5}), rule("g", Penalty{2}), rule("h", Allow{})});
    const Verdict verdict = rules.evaluate(facts());
    EXPECT_TRUE(verdict.allowed);
    EXPECT_FALSE(verdict.denied_by);
    EXPECT_EQ(verdict.review_by, (Ground{"e", "article"}));
    EXPECT_EQ(verdict.redact, (TextClasses{TextClass::pii_card, TextClass::pii_email}));
    EXPECT_EQ(verdict.redact_by, (Ground{"c", "article"}));
    EXPECT_EQ(verdict.directives,
              (std::vector<Advice>{{"article", "first"}, {"article", "second"}}));
    EXPECT_EQ(verdict.penalty, 2.5);
    EXPECT_EQ(verdict.penalised_by, (Ground{"f", "article"}));
}

// Properties, over rules and requests of a small world so that matches are frequent.

const char* const kTags[] = {"red", "green", "blue"};

template <typename T>
bool coin(T of) {
    return *rc::gen::inRange<T>(0, of) == 0;
}

Match some_match() {
    Match match;
    for (const Endpoint endpoint : {Endpoint::recall, Endpoint::remember}) {
        if (coin(3)) match.endpoints.push_back(endpoint);
    }
    if (coin(4)) match.roles.add(coin(2) ? Role::agent : Role::admin);
    if (coin(5)) match.tenants.push_back(coin(2) ? kTenant : kOther);
    for (const char* tag : kTags) {
        if (coin(5)) match.tags.emplace_back(tag);
    }
    if (coin(5)) match.classes.add(TextClass::pii_email);
    if (coin(5)) match.amounts.push_back({Amount::cost, *rc::gen::inRange(0, 4), std::nullopt});
    return match;
}

Effect some_effect() {
    switch (*rc::gen::inRange(0, 8)) {
        case 0:
            return Deny{};
        case 1:
            return Redact{{TextClass::pii_email}};
        case 2:
            return RequireReview{};
        case 3:
            return Directive{"directive"};
        case 4:
            return Penalty{*rc::gen::inRange(0, 1000) / 7.0};
        default:
            return Allow{};
    }
}

std::vector<Rule> some_rules() {
    std::vector<Rule> rules;
    const int count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
        rules.push_back(
            {"r" + std::to_string(i), "a" + std::to_string(i % 3), some_match(), some_effect()});
    }
    return rules;
}

/// A request with the tags it points to.
struct Request {
    std::vector<std::string_view> tags;
    RequestFacts facts;
};

Request some_request() {
    Request request;
    for (const char* tag : kTags) {
        if (coin(2)) request.tags.emplace_back(tag);
    }
    request.facts.endpoint = coin(2) ? Endpoint::recall : Endpoint::remember;
    request.facts.roles.add(coin(2) ? Role::agent : Role::admin);
    request.facts.tenant = coin(2) ? kTenant : kOther;
    if (coin(2)) request.facts.classes.add(TextClass::pii_email);
    if (coin(2))
        request.facts.amounts[static_cast<std::size_t>(Amount::cost)] = *rc::gen::inRange(0, 4);
    request.facts.tags = request.tags;
    return request;
}

TEST(RuleSet, OrderSaysNothing) {
    ASSERT_TRUE(rc::check("any order of rules and tags, the same verdict", [] {
        const auto rules = some_rules();
        Request request = some_request();
        const RuleSet one(rules);
        std::vector<Rule> shuffled = rules;
        const auto rotate = *rc::gen::inRange<std::size_t>(0, rules.size() + 1);
        std::reverse(shuffled.begin(), shuffled.end());
        std::rotate(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(rotate),
                    shuffled.end());
        for (Rule& each : shuffled) {
            std::reverse(each.match.tags.begin(), each.match.tags.end());
        }
        const RuleSet two(shuffled);
        const Verdict expected = one.evaluate(request.facts);
        std::reverse(request.tags.begin(), request.tags.end());
        RC_ASSERT(two.evaluate(request.facts) == expected);
    }));
}

TEST(RuleSet, AnotherDenyNeverAllowsMore) {
    ASSERT_TRUE(rc::check("monotone in deny", [] {
        auto rules = some_rules();
        const Request request = some_request();
        const bool before = RuleSet(rules).evaluate(request.facts).allowed;
        rules.push_back({"more", "a0", some_match(), Deny{}});
        RC_ASSERT(before || !RuleSet(rules).evaluate(request.facts).allowed);
    }));
}

TEST(RuleSet, AnotherAllowNeverDeniesMore) {
    ASSERT_TRUE(rc::check("monotone in allow", [] {
        auto rules = some_rules();
        const Request request = some_request();
        const bool before = RuleSet(rules).evaluate(request.facts).allowed;
        rules.push_back({"more", "a0", some_match(), Allow{}});
        RC_ASSERT(!before || RuleSet(rules).evaluate(request.facts).allowed);
    }));
}

TEST(RuleSet, ADenyThatMatchesWinsWhereverItStands) {
    ASSERT_TRUE(rc::check("deny wins", [] {
        auto rules = some_rules();
        const Request request = some_request();
        const auto at = *rc::gen::inRange<std::size_t>(0, rules.size() + 1);
        // "0" and "z" sort before and after the others.
        const std::string id = coin(2) ? "0" : "z";
        rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(at), rule(id, Deny{}));
        const RuleSet compiled(rules);
        const Verdict verdict = compiled.evaluate(request.facts);
        RC_ASSERT(!verdict.allowed);
        RC_ASSERT(verdict.denied_by.has_value());
    }));
}

}  // namespace
}  // namespace soma::domain
