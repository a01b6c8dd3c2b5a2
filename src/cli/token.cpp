#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "backends/oidc/local_issuer.h"
#include "backends/postgres/tenant/tenants.h"
#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"
#include "cli/commands.h"
#include "cli/wiring.h"
#include "domain/identity/role.h"

namespace soma::cli {
namespace {

constexpr int kDefaultLifeSeconds = 3600;
constexpr std::chrono::milliseconds kCheckTime{2000};

struct Options {
    std::string tenant;
    std::vector<std::string> roles;
    std::string subject = "local";
    int ttl_seconds = kDefaultLifeSeconds;
};

std::vector<domain::Role> parse_roles(const std::vector<std::string>& names) {
    std::vector<domain::Role> roles;
    for (const auto& name : names) {
        const auto role = domain::parse_role(name);
        if (!role) {
            throw invalid("--role", "roles are " + domain::role_list());
        }
        roles.push_back(*role);
    }
    return roles;
}

/// Refuses a tenant that the database does not know: such a token opens nothing. Minting needs no
/// database, so one that cannot be asked is no reason to refuse, only to say so.
void check_tenant(const config::Config& config, const Uuid& tenant) {
    try {
        backends::ConnectionPool pool(app_login(config), 1);
        if (backends::Tenants(pool).find(tenant, Deadline(kCheckTime))) {
            return;
        }
    } catch (const Error& error) {
        std::fprintf(stderr, "somabrain: whether the tenant exists was not checked: %s\n",
                     error.what());
        return;
    }
    throw invalid("--tenant",
                  "no such tenant: " + tenant.to_string() + " (somabrain tenant list shows them)");
}

void mint(const Options& options) {
    const auto config = config::load();
    // Only whoever holds the issuer's private key can mint; a real identity provider keeps its own.
    if (config.jwt_issuer_key_file.empty()) {
        throw Error(ErrorKind::permission_denied,
                    "the configured issuer is not local: ask your identity provider for a token");
    }
    const auto tenant = Uuid::parse(options.tenant);
    if (!tenant) {
        throw invalid("--tenant", "--tenant wants a tenant's uuid (somabrain tenant list)");
    }
    const auto roles = parse_roles(options.roles);
    check_tenant(config, *tenant);
    backends::LocalTokenRequest request;
    request.issuer = config.jwt_issuer;
    request.audience = config.jwt_audience;
    request.subject = options.subject;
    request.tenant = *tenant;
    request.roles = roles;
    request.time_to_live = std::chrono::seconds(options.ttl_seconds);
    const backends::LocalIssuer issuer(config.jwt_issuer_key_file);
    std::printf("%s\n", issuer.mint(request, wall_clock_now()).c_str());
}

}  // namespace

void register_token(CLI::App& program) {
    auto* command = program.add_subcommand("token", "Mint a token with the local issuer's key");
    auto options = std::make_shared<Options>();
    command
        ->add_option("--tenant", options->tenant,
                     "The tenant's uuid; checked when the database can be asked")
        ->required();
    command
        ->add_option("--role", options->roles,
                     "What the bearer is; may be repeated: " + domain::role_list())
        ->required();
    command->add_option("--subject", options->subject, "Who the bearer is")->capture_default_str();
    command->add_option("--ttl", options->ttl_seconds, "Seconds until it expires, at most 30 days")
        ->capture_default_str();
    command->callback([options] { mint(*options); });
}

}  // namespace soma::cli
