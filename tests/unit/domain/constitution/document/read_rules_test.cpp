#include "domain/constitution/document/read_rules.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

const std::vector<Article> kArticles{{"one", "1"}, {"two", "2"}};

std::vector<Rule> read(const json::value& rules) {
    const json::value document = {{"rules", rules}};
    return read_rules(Reader(document).at("rules"), kArticles);
}

/// A single rule with this match and effect.
json::value rule(const std::string& match, const std::string& effect = R"({"type":"deny"})") {
    return json::parse(R"([{"id":"r","article":"two","match":)" + match + R"(,"effect":)" + effect +
                       "}]");
}

std::string refusal(const json::value& rules) {
    try {
        read(rules);
    } catch (const Error& error) {
        return error.field() + " " + error.public_message();
    }
    return "none";
}

Match match(const std::string& json) {
    return read(rule(json)).at(0).match;
}

Effect effect(const std::string& json) {
    return read(rule("{}", json)).at(0).effect;
}

TEST(ReadRules, AnEmptyMatchIsEveryRequest) {
    EXPECT_EQ(match("{}"), Match{});
    EXPECT_TRUE(read(json::array{}).empty());
    EXPECT_EQ(read(rule("{}")).at(0), (Rule{"r", "two", {}, Deny{}}));
}

TEST(ReadRules, EndpointsByNameAndByFamily) {
    EXPECT_EQ(match(R"({"endpoints":["memory.remember","brain.evaluate"]})").endpoints,
              (std::vector{Endpoint::remember, Endpoint::evaluate}));
    std::vector<Endpoint> family{Endpoint::feedback};
    for (const auto& rule : kAccessTable) {
        if (rule.name.starts_with("brain.") && rule.endpoint != Endpoint::feedback) {
            family.push_back(rule.endpoint);
        }
    }
    EXPECT_GT(family.size(), 2U);
    EXPECT_EQ(match(R"({"endpoints":["brain.feedback","brain.*"]})").endpoints, family);
    for (const char* name : {"memory.forget", "memory", "*", ".*", "mem*", "memory.rem*", ""}) {
        EXPECT_NE(refusal(rule(R"({"endpoints":[")" + std::string(name) + R"("]})")), "none")
            << name;
    }
}

TEST(ReadRules, EveryKindOfCondition) {
    const Match all = match(R"({"roles":["agent","admin"],"tags":["x","y"],
        "tenants":["00000000-0000-7000-8000-000000000001"],"classes":["pii.email","secret.key"],
        "amounts":[{"name":"cost","min":1.5,"max":2},{"name":"items","max":0}]})");
    EXPECT_EQ(all.roles, (RoleSet{Role::agent, Role::admin}));
    EXPECT_EQ(all.tags, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(all.tenants, std::vector{*Uuid::parse("00000000-0000-7000-8000-000000000001")});
    EXPECT_EQ(all.classes, (TextClasses{TextClass::pii_email, TextClass::secret_key}));
    EXPECT_EQ(all.amounts,
              (std::vector<AmountRange>{{Amount::cost, 1.5, 2}, {Amount::items, std::nullopt, 0}}));
}

TEST(ReadRules, EveryEffect) {
    EXPECT_EQ(effect(R"({"type":"allow"})"), Effect(Allow{}));
    EXPECT_EQ(effect(R"({"type":"deny"})"), Effect(Deny{}));
    EXPECT_EQ(effect(R"({"type":"require_review"})"), Effect(RequireReview{}));
    EXPECT_EQ(effect(R"({"type":"redact","classes":["pii.card"]})"),
              Effect(Redact{{TextClass::pii_card}}));
    EXPECT_EQ(effect(R"({"type":"directive","text":"Be brief."})"), Effect(Directive{"Be brief."}));
    EXPECT_EQ(effect(R"({"type":"penalty","amount":0.5})"), Effect(Penalty{0.5}));
}

TEST(ReadRules, ConditionsThatSayNothingOrNonsense) {
    EXPECT_EQ(refusal(rule(R"({"roles":[]})")),
              "/rules/0/match/roles must be a list of 1 to 6 items");
    EXPECT_EQ(refusal(rule(R"({"roles":["root"]})")),
              "/rules/0/match/roles/0 must be the name of a role");
    EXPECT_EQ(refusal(rule(R"({"classes":["pii"]})")),
              "/rules/0/match/classes/0 must be the name of a class of text");
    EXPECT_EQ(refusal(rule(R"({"tenants":["acme"]})")),
              "/rules/0/match/tenants/0 must be the name of a tenant: its uuid");
    EXPECT_EQ(refusal(rule(R"({"amounts":[{"name":"price","min":1}]})")),
              "/rules/0/match/amounts/0/name must be the name of an amount");
    EXPECT_EQ(refusal(rule(R"({"amounts":[{"name":"cost"}]})")),
              "/rules/0/match/amounts/0 must have min or max");
    EXPECT_EQ(refusal(rule(R"({"amounts":[{"name":"cost","min":3,"max":2}]})")),
              "/rules/0/match/amounts/0/max must be a number from 3 to 9007199254740991");
    EXPECT_EQ(refusal(rule(R"({"tags":[""]})")), "/rules/0/match/tags/0 must have 1 to 256 bytes");
    EXPECT_EQ(refusal(rule(R"({"role":["agent"]})")),
              "/rules/0/match/role is no field of a constitution here");
}

TEST(ReadRules, EffectsHaveTheirOwnFieldsOnly) {
    EXPECT_EQ(refusal(rule("{}", R"({"type":"forbid"})")),
              "/rules/0/effect/type must be the name of an effect");
    EXPECT_EQ(refusal(rule("{}", R"({"type":"deny","text":"x"})")),
              "/rules/0/effect/text is no field of a constitution here");
    EXPECT_EQ(refusal(rule("{}", R"({"type":"redact"})")), "/rules/0/effect/classes is required");
    EXPECT_EQ(refusal(rule("{}", R"({"type":"penalty","amount":-1})")),
              "/rules/0/effect/amount must be a number from 0 to 1000");
    EXPECT_EQ(refusal(rule("{}", R"({})")), "/rules/0/effect/type is required");
}

TEST(ReadRules, IdsAreUniqueAndArticlesExist) {
    json::value twice = rule("{}");
    twice.as_array().push_back(twice.as_array()[0]);
    EXPECT_EQ(refusal(twice), "/rules/1/id is the id of an earlier rule");
    json::value stray = rule("{}");
    stray.as_array()[0].as_object()["article"] = "three";
    EXPECT_EQ(refusal(stray), "/rules/0/article is the id of no article");
}

/// So many directives of so many bytes each.
json::array directives(std::size_t count, std::size_t bytes) {
    json::array rules;
    for (std::size_t i = 0; i < count; ++i) {
        const json::object effect{{"type", "directive"}, {"text", std::string(bytes, 'x')}};
        rules.push_back(rule("{}", json::serialize(effect)).as_array()[0]);
        rules.back().as_object()["id"] = "r" + std::to_string(i);
    }
    return rules;
}

TEST(ReadRules, AllDirectivesTogetherAreBounded) {
    EXPECT_EQ(read(directives(16, 128)).size(), 16U);
    EXPECT_EQ(read(directives(2, 1'024)).size(), 2U);
    EXPECT_EQ(refusal(directives(17, 1)),
              "/rules/16/effect all directives together may be 16, of 2048 bytes");
    EXPECT_EQ(refusal(directives(3, 683)),
              "/rules/2/effect all directives together may be 16, of 2048 bytes");
}

TEST(ReadRules, ThereAreAtMostTwoHundred) {
    json::array rules;
    for (int i = 0; i < 201; ++i) {
        rules.push_back(rule("{}").as_array()[0]);
        rules.back().as_object()["id"] = "r" + std::to_string(i);
    }
    EXPECT_EQ(refusal(rules), "/rules must be a list of 0 to 200 items");
    rules.pop_back();
    EXPECT_EQ(read(rules).size(), 200U);
}

}  // namespace
}  // namespace soma::domain
