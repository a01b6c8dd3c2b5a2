#include "services/gate/tenant_directory.h"

#include "support/living_core.h"

namespace soma::services {
namespace {

using test::LivingCore;

/// Gives every statement of this pool a dead port: what still answers came out of memory.
backends::ConnectionSettings nowhere() {
    backends::ConnectionSettings settings;
    settings.port = 1;  // reserved, and nothing listens there
    return settings;
}

TEST(TenantDirectory, KnowsATenantAfterItsFirstReading) {
    auto& world = test::PostgresWorld::shared();
    const auto tenant = world.tenant();
    test::PostgresCluster& cluster = world.cluster;
    auto pool = std::make_unique<backends::ConnectionPool>(cluster.app(), 1);
    backends::Tenants tenants(*pool);
    Outage outage;
    TenantDirectory directory(tenants, outage);
    const auto read = directory.find(tenant.id, LivingCore::soon());
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->name, tenant.name);
    // While the pool's only connection is out, only memory can answer.
    pool->run(LivingCore::soon(), [&](backends::Connection&) {
        const Deadline brief(std::chrono::milliseconds(20));
        EXPECT_THROW(tenants.find(tenant.id, brief), Error);
        EXPECT_EQ(directory.find(tenant.id, brief)->epoch, tenant.epoch);
    });
}

TEST(TenantDirectory, WhoIsAbsentIsAskedForAgain) {
    auto& world = test::PostgresWorld::shared();
    backends::Tenants owned(world.owner);
    backends::Tenants tenants(world.app);
    Outage outage;
    TenantDirectory directory(tenants, outage);
    UuidGenerator ids;
    const Uuid id = ids.next(wall_clock_now());
    EXPECT_FALSE(directory.find(id, LivingCore::soon()).has_value());
    const auto generation = owned.ensure_model_generation("m", 8, LivingCore::soon());
    owned.create(id, id.to_string(), generation, wall_clock_now(), LivingCore::soon());
    EXPECT_TRUE(directory.find(id, LivingCore::soon()).has_value());
}

TEST(TenantDirectory, PostgresAwayIsNotTheSameAsNoTenant) {
    backends::ConnectionPool pool(nowhere(), 1);
    backends::Tenants tenants(pool);
    Outage outage;
    TenantDirectory directory(tenants, outage);
    UuidGenerator ids;
    test::expect_error(ErrorKind::unavailable, "", [&] {
        directory.find(ids.next(wall_clock_now()), Deadline(std::chrono::seconds(5)));
    });
}

TEST(TenantDirectory, ARowOutOfItsTimeServesWhilePostgresDoesNotAnswer) {
    auto& world = test::PostgresWorld::shared();
    const auto tenant = world.tenant();
    backends::ConnectionPool pool(world.cluster.app(), 1);
    backends::Tenants tenants(pool);
    Outage outage;
    TenantDirectory directory(tenants, outage, std::chrono::milliseconds(0));
    ASSERT_TRUE(directory.find(tenant.id, LivingCore::soon()));
    EXPECT_FALSE(outage.goes_on());
    UuidGenerator ids;
    pool.run(LivingCore::soon(), [&](backends::Connection&) {  // and so nobody else is answered
        const Deadline deadline(std::chrono::milliseconds(20));
        EXPECT_EQ(directory.find(tenant.id, deadline)->epoch, tenant.epoch);
        EXPECT_TRUE(outage.goes_on()) << "who comes next need not wait";
        EXPECT_EQ(directory.find(tenant.id, deadline)->epoch, tenant.epoch);
        EXPECT_THROW(directory.find(ids.next(wall_clock_now()), deadline), Error)
            << "a tenant nobody has met";
        TenantDirectory strict(tenants, outage, std::chrono::milliseconds(0),
                               std::chrono::milliseconds(0));
        EXPECT_THROW(strict.find(tenant.id, deadline), Error);
    });
    outage.end();
    EXPECT_TRUE(directory.find(tenant.id, LivingCore::soon()));
    EXPECT_FALSE(outage.goes_on());
}

TEST(TenantDirectory, ARowIsServedNoLongerThanItMay) {
    auto& world = test::PostgresWorld::shared();
    const auto tenant = world.tenant();
    backends::ConnectionPool pool(world.cluster.app(), 1);
    backends::Tenants tenants(pool);
    Outage outage;
    TenantDirectory directory(tenants, outage, std::chrono::milliseconds(0),
                              std::chrono::milliseconds(0));
    ASSERT_TRUE(directory.find(tenant.id, LivingCore::soon()));
    pool.run(LivingCore::soon(), [&](backends::Connection&) {
        EXPECT_THROW(directory.find(tenant.id, Deadline(std::chrono::milliseconds(20))), Error);
    });
}

}  // namespace
}  // namespace soma::services
