#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
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

struct ModulesOptions {
    std::string name;
    std::optional<std::string> set;
    bool is_default = false;  ///< back to what the configuration names
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

/// What is to be kept of the tenant, as options say it.
std::optional<domain::Modules> wanted_modules(const ModulesOptions& options) {
    if (options.is_default) {
        return std::nullopt;
    }
    const auto modules = domain::modules_of(*options.set);
    if (!modules) {
        throw invalid(
            "--set",
            "--set takes some of density, bridge, pagerank and conductance, each once and "
            "separated by commas, or none");
    }
    return modules;
}

void modules(const ModulesOptions& options) {
    const auto config = config::load();
    const Deadline deadline(kCommandTime);
    const bool is_change = options.is_default || options.set.has_value();
    const auto wanted = is_change ? wanted_modules(options) : std::nullopt;
    backends::ConnectionPool pool(is_change ? owner_login(config) : app_login(config), 1);
    backends::Tenants tenants(pool, configured_modules(config));
    auto found = tenants.find_by_name(options.name, deadline);
    if (!found) {
        throw Error(ErrorKind::not_found,
                    "no such tenant: " + options.name + " (somabrain tenant list shows them)");
    }
    if (is_change) {
        tenants.set_modules(found->id, wanted, deadline);
        found = tenants.find(found->id, deadline);
    }
    std::printf("%s (%s)\n", domain::names_of(found.value().modules).c_str(),
                found->has_own_modules ? "the tenant's own" : "by configuration");
}

void register_modules(CLI::App& tenant) {
    auto options = std::make_shared<ModulesOptions>();
    auto* command = tenant.add_subcommand(
        "modules", "Which advanced modules are on for a tenant: shows or sets them");
    command->add_option("name", options->name, "The tenant's name")->required();
    auto* set = command->add_option("--set", options->set,
                                    "Names separated by commas, or none; running nodes follow "
                                    "within a minute");
    command->add_flag("--default", options->is_default, "Those that the configuration names, again")
        ->excludes(set);
    command->callback([options] { modules(*options); });
}

}  // namespace

void register_tenant(CLI::App& program) {
    auto* command = program.add_subcommand("tenant", "Create, list and change tenants");
    command->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto* creation = command->add_subcommand("create", "Create a tenant; prints its uuid");
    creation->add_option("name", options->name, "A name of its own, 1 to 256 bytes")->required();
    creation->add_option("--dimension", options->dimension,
                         "Dimension of the vectors this tenant brings along; without it texts are "
                         "embedded here");
    creation->callback([options] { create(*options); });
    register_modules(*command);
    command->add_subcommand("list", "All tenants, by name")->callback(list);
}

}  // namespace soma::cli
