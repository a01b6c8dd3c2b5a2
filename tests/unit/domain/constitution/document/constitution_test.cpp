#include "domain/constitution/document/constitution.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "domain/constitution/document/document.h"
#include "source_dir.h"
#include "support/law_forge.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

TEST(Constitution, ParametersAreNamedAsInTheDocument) {
    EXPECT_EQ(parameter_name(AdaptiveParameter::lambda), "lambda");
    EXPECT_EQ(parameter_name(AdaptiveParameter::nu), "nu");
    EXPECT_EQ(parameter_name(AdaptiveParameter::tau), "tau");
}

TEST(Constitution, BoundsUtilityAndLimitsAreTyped) {
    auto bent = testing::law_json();
    bent["bounds"].as_object()["gamma"] = {{"min", 0}, {"max", 0.75}};
    const Constitution law = testing::document_of(bent).law;
    EXPECT_EQ(law.bounds.parameters[static_cast<std::size_t>(AdaptiveParameter::gamma)],
              (ParameterRange{0, 0.75}));
    EXPECT_EQ(law.bounds.parameters[static_cast<std::size_t>(AdaptiveParameter::tau)],
              (ParameterRange{0.125, 8}));
    EXPECT_EQ(law.bounds.rollback, (RollbackLimits{0.5, 5}));
    EXPECT_EQ(law.utility.baseline, 1);
    EXPECT_EQ(law.utility.minimum, 0);
    EXPECT_EQ(law.utility.confidence, 1);
    EXPECT_EQ(law.utility.cost, 0.5);
    EXPECT_EQ(law.utility.latency, 0.25);
    EXPECT_EQ(law.limits[static_cast<std::size_t>(Role::agent)], (RoleLimits{600, 60, 100}));
    EXPECT_FALSE(law.limits[static_cast<std::size_t>(Role::admin)]);
}

/// The member at a path of the published schema.
json::value schema(const char* pointer) {
    std::ifstream in(SOMABRAIN_SOURCE_DIR "/api/constitution/v1.schema.json");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return json::parse(text).at_pointer(pointer);
}

TEST(Constitution, ThePublishedSchemaHasTheSameLimits) {
    const auto limit = [](const std::string& pointer) {
        return schema(pointer.c_str()).to_number<std::uint64_t>();
    };
    EXPECT_EQ(limit("/properties/version/maximum"), kMaxVersion);
    EXPECT_EQ(limit("/properties/signers/maxItems"), kMaxSigners);
    EXPECT_EQ(limit("/properties/threshold/maximum"), kMaxSigners);
    EXPECT_EQ(limit("/properties/articles/maxItems"), kMaxArticles);
    EXPECT_EQ(limit("/properties/articles/items/properties/text/maxLength"), kMaxArticleBytes);
    EXPECT_EQ(limit("/properties/rules/maxItems"), kMaxRules);
    const std::string match = "/$defs/rule/properties/match/properties";
    for (const char* list : {"endpoints", "tenants", "tags"}) {
        EXPECT_EQ(limit(match + "/" + list + "/maxItems"), kMaxMatchItems) << list;
    }
    EXPECT_EQ(limit(match + "/tags/items/maxLength"), kMaxTagBytes);
    const std::string effect = "/$defs/rule/properties/effect/oneOf";
    EXPECT_EQ(limit(effect + "/4/properties/text/maxLength"), kMaxDirectiveBytes);
    EXPECT_EQ(limit(effect + "/5/properties/amount/maximum"), kMaxPenalty);
}

TEST(Constitution, ThePublishedSchemaHasTheSameNames) {
    const json::value classes = schema("/$defs/class/enum");
    ASSERT_EQ(classes.as_array().size(), kTextClassCount);
    for (std::size_t i = 0; i < kTextClassCount; ++i) {
        EXPECT_EQ(classes.at(i).as_string(), text_class_name(static_cast<TextClass>(i)));
    }
    const json::value amounts =
        schema("/$defs/rule/properties/match/properties/amounts/items/properties/name/enum");
    ASSERT_EQ(amounts.as_array().size(), kAmountCount);
    for (std::size_t i = 0; i < kAmountCount; ++i) {
        EXPECT_EQ(amounts.at(i).as_string(), amount_name(static_cast<Amount>(i)));
    }
    const json::value roles = schema("/properties/limits/properties");
    ASSERT_EQ(roles.as_object().size(), kRoleCount);
    for (std::size_t i = 0; i < kRoleCount; ++i) {
        EXPECT_TRUE(roles.as_object().contains(role_name(static_cast<Role>(i))));
    }
    const json::value bounds = schema("/properties/bounds/required");
    for (std::size_t i = 0; i < kAdaptiveParameterCount; ++i) {
        EXPECT_EQ(bounds.at(i).as_string(), parameter_name(static_cast<AdaptiveParameter>(i)));
    }
}

}  // namespace
}  // namespace soma::domain
