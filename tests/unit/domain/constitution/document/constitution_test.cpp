#include "domain/constitution/document/constitution.h"

#include <gtest/gtest.h>

#include "domain/constitution/document/document.h"
#include "support/law_forge.h"

namespace soma::domain {
namespace {

TEST(Constitution, ParametersAreNamedAsInTheDocument) {
    EXPECT_EQ(parameter_name(AdaptiveParameter::lambda), "lambda");
    EXPECT_EQ(parameter_name(AdaptiveParameter::nu), "nu");
    EXPECT_EQ(parameter_name(AdaptiveParameter::tau), "tau");
}

TEST(Constitution, BoundsUtilityAndLimitsAreTyped) {
    auto json = testing::law_json();
    json["bounds"].as_object()["gamma"] = {{"min", 0}, {"max", 0.75}};
    const Constitution law = testing::document_of(json).law;
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

}  // namespace
}  // namespace soma::domain
