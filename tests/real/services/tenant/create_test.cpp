#include "services/tenant/create.h"

#include "support/living_core.h"
#include "support/silent_port.h"

namespace soma::services {
namespace {

using test::LivingCore;

class CreateTenant : public ::testing::Test {
  protected:
    backends::TenantRow create(const Uuid& id, const std::string& name,
                               const TenantModel& model = {"given", 8}) {
        return create_tenant(core.owned_tenants, core.keyring, id, name, model, wall_clock_now(),
                             LivingCore::soon());
    }
    Uuid new_id() { return core.ids.next(wall_clock_now()); }

    LivingCore core;
};

TEST_F(CreateTenant, GivesItStreamsAModelAndKeys) {
    const Uuid id = new_id();
    const auto row = create(id, "tenant " + id.to_string());
    EXPECT_EQ(row.id, id);
    EXPECT_EQ(row.model, "given");
    EXPECT_EQ(row.dimension, 8);
    EXPECT_GE(row.shard, 0);
    EXPECT_LE(row.shard, 63);
    EXPECT_NE(row.state_stream_id, row.access_stream_id);
    EXPECT_EQ(core.keyring.tenant(id, LivingCore::soon())->hmac_key.size(), 32U);
    const auto found = core.tenants.find(id, LivingCore::soon());
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->epoch, row.epoch);
}

TEST_F(CreateTenant, ANameIsTakenOnce) {
    const std::string name = new_id().to_string();
    create(new_id(), name);
    const Uuid second = new_id();
    test::expect_error(ErrorKind::already_exists, "", [&] { create(second, name); });
    EXPECT_FALSE(core.tenants.find(second, LivingCore::soon()).has_value());
    EXPECT_THROW(core.keyring.tenant(second, LivingCore::soon()), Error) << "keys for nobody";
}

TEST_F(CreateTenant, TenantsOfOneModelShareItsGeneration) {
    const auto one = create(new_id(), new_id().to_string());
    const auto two = create(new_id(), new_id().to_string());
    const auto three = create(new_id(), new_id().to_string(), {"given", 9});
    EXPECT_EQ(one.model_generation, two.model_generation);
    EXPECT_NE(one.model_generation, three.model_generation);
}

TEST_F(CreateTenant, RefusesNamesAndDimensionsOutOfBounds) {
    using std::string_literals::operator""s;
    for (const auto& name : {""s, std::string(257, 'n'), "a\0b"s, "\xff"s}) {
        test::expect_error(ErrorKind::invalid_argument, "name", [&] { create(new_id(), name); });
    }
    for (const int dimension : {-1, 0, 2'049}) {
        test::expect_error(ErrorKind::invalid_argument, "dimension", [&] {
            create(new_id(), new_id().to_string(), {"given", dimension});
        });
    }
    EXPECT_EQ(create(new_id(), std::string(220, 'n') + new_id().to_string()).name.size(), 256U);
}

TEST_F(CreateTenant, WithoutKeysThereIsNoRow) {
    const test::SilentPort hung;
    backends::VaultConfig config;
    config.address = "http://127.0.0.1:" + std::to_string(hung.port());
    config.token_file = test::stack().vault_role_id_file;  // any readable file: nobody checks it
    config.timeout = std::chrono::milliseconds(50);
    backends::Vault vault(config);
    Keyring keyring(vault);
    const Uuid id = new_id();
    test::expect_error(ErrorKind::unavailable, "", [&] {
        create_tenant(core.owned_tenants, keyring, id, id.to_string(), {"given", 8},
                      wall_clock_now(), LivingCore::soon());
    });
    EXPECT_FALSE(core.tenants.find(id, LivingCore::soon()).has_value());
}

}  // namespace
}  // namespace soma::services
