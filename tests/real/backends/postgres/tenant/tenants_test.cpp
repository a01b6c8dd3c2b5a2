#include "backends/postgres/tenant/tenants.h"

#include <gtest/gtest.h>

#include "support/postgres/postgres_cluster.h"

namespace soma::backends {
namespace {

using domain::Module;
using domain::Modules;

Deadline soon() {
    return Deadline(std::chrono::seconds(10));
}

class TenantModules : public ::testing::Test {
  protected:
    TenantRow found(Tenants& from) { return from.find(id, soon()).value(); }

    test::PostgresWorld& world = test::PostgresWorld::shared();
    Tenants owned{world.owner};
    Tenants tenants{world.app};
    Uuid id = world.tenant().id;
};

TEST_F(TenantModules, FollowTheConfigurationUntilTheyAreSetAndAfterwards) {
    Tenants elsewhere(world.app, Modules{Module::bridge});
    EXPECT_EQ(found(tenants).modules, domain::default_modules);
    EXPECT_FALSE(found(tenants).has_own_modules);
    EXPECT_EQ(found(elsewhere).modules, Modules{Module::bridge});
    for (const Modules own :
         {Modules{}, Modules{Module::density, Module::conductance}, domain::all_modules}) {
        ASSERT_TRUE(owned.set_modules(id, own, soon()));
        EXPECT_EQ(found(tenants).modules, own);
        EXPECT_EQ(found(elsewhere).modules, own);
        EXPECT_TRUE(found(tenants).has_own_modules);
    }
    ASSERT_TRUE(owned.set_modules(id, std::nullopt, soon()));
    EXPECT_EQ(found(elsewhere).modules, Modules{Module::bridge});
    EXPECT_FALSE(found(elsewhere).has_own_modules);
}

TEST_F(TenantModules, AreOneTenantsOwn) {
    const Uuid other = world.tenant().id;
    ASSERT_TRUE(owned.set_modules(id, domain::all_modules, soon()));
    EXPECT_EQ(tenants.find(other, soon())->modules, domain::default_modules);
    const auto by_name = tenants.find_by_name(found(tenants).name, soon());
    EXPECT_EQ(by_name->modules, domain::all_modules);
}

TEST_F(TenantModules, OfATenantThatIsNotThereNothingIsSet) {
    UuidGenerator ids;
    EXPECT_FALSE(owned.set_modules(ids.next(wall_clock_now()), Modules{}, soon()));
}

TEST_F(TenantModules, TheServiceMayNotSetThem) {
    EXPECT_THROW(tenants.set_modules(id, domain::all_modules, soon()), PostgresError);
    EXPECT_EQ(found(tenants).modules, domain::default_modules);
}

TEST_F(TenantModules, TheTableTakesNamesOfModulesAlone) {
    const auto connection = Connection::open(world.cluster.superuser(), soon());
    static constexpr Statement kSet{"test_set_modules",
                                    "UPDATE tenants SET modules = $2::text WHERE id = $1::uuid"};
    const auto set = [&](std::string_view names) {
        connection->run(kSet, Params().add(id).add_text(names), soon());
    };
    for (const auto* const bad :
         {"", "rho", "none,density", "density,", "density,,bridge", "Density"}) {
        EXPECT_THROW(set(bad), PostgresError) << bad;
    }
    set("bridge,density");
    EXPECT_EQ(found(tenants).modules, (Modules{Module::density, Module::bridge}));
}

}  // namespace
}  // namespace soma::backends
