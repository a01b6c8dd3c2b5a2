#include "services/adaptation/weights.h"

#include "support/living_core.h"

namespace soma::services {
namespace {

using test::LivingCore;

TEST(Weights, ATenantBeginsWithTheLawsStartingValues) {
    LivingCore core;
    const auto tenant = core.tenant();
    const auto context = LivingCore::request("Brain.Evaluate");
    const auto theta = core.weights.of(LivingCore::admitted(tenant, context), LivingCore::soon());
    EXPECT_EQ(theta, domain::starting_theta(LivingCore::law()->law));
    EXPECT_EQ(theta.weights, domain::default_weights());
}

}  // namespace
}  // namespace soma::services
