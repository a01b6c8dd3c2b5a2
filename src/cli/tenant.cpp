#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/wiring.h"
#include "services/tenant/create.h"

namespace soma::cli {
namespace {

constexpr std::chrono::seconds kCommandTime{30};

struct Options {
    std::string name;
    int dimension = 0;
};

void create(const Options& options) {
    const auto config = config::load();
    const Deadline deadline(kCommandTime);
    backends::ConnectionPool pool(owner_login(config), 1);
    backends::Tenants tenants(pool);
    backends::Vault vault(vault_config(config));
    services::Keyring keyring(vault);
    // A dimension means: this tenant brings its own vectors.
    const auto model = options.dimension == 0 ? embedding_model(config)
                                              : services::TenantModel{"given", options.dimension};
    UuidGenerator ids;
    const Time now = wall_clock_now();
    const auto tenant = services::create_tenant(tenants, keyring, ids.next(now), options.name,
                                                model, now, deadline);
    std::printf("%s\n", tenant.id.to_string().c_str());
}

void list() {
    const auto config = config::load();
    backends::ConnectionPool pool(app_login(config), 1);
    for (const auto& tenant : backends::Tenants(pool).list(Deadline(kCommandTime))) {
        std::printf("%s  shard %2d  %s %d  %s\n", tenant.id.to_string().c_str(), tenant.shard,
                    tenant.model.c_str(), tenant.dimension, tenant.name.c_str());
    }
}

}  // namespace

void register_tenant(CLI::App& program) {
    auto* command = program.add_subcommand("tenant", "Create and list tenants");
    command->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto* creation = command->add_subcommand("create", "Create a tenant; prints its uuid");
    creation->add_option("name", options->name, "A name of its own, 1 to 256 bytes")->required();
    creation->add_option("--dimension", options->dimension,
                         "Dimension of the vectors this tenant brings along; without it texts are "
                         "embedded here");
    creation->callback([options] { create(*options); });
    command->add_subcommand("list", "All tenants, by name")->callback(list);
}

}  // namespace soma::cli
