#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "backends/embedder/embedder.h"
#include "backends/object_store/object_store.h"
#include "backends/oidc/token_verifier.h"
#include "backends/postgres/connection.h"
#include "backends/redis/cache.h"
#include "backends/vault/vault.h"
#include "config/config.h"
#include "domain/retrieval/modules.h"
#include "server/http/listener_limits.h"
#include "services/constitution/keeper.h"
#include "services/tenant/create.h"

namespace soma::cli {

/// From the one table of settings to what each backend asks for. Pure but for make_embedder.

backends::ConnectionSettings app_login(const config::Config& config);
/// The login of `migrate`, `tenant create` and `tenant modules`: becomes soma_owner.
backends::ConnectionSettings owner_login(const config::Config& config);
backends::VaultConfig vault_config(const config::Config& config);
backends::ObjectStoreConfig object_store_config(const config::Config& config);
backends::RedisConfig redis_config(const config::Config& config);
/// Of the server `buffer`.
backends::RedisConfig buffer_config(const config::Config& config);
/// None when no issuer is named: then every call is 401.
std::vector<backends::IssuerConfig> issuers(const config::Config& config);

/// Throws Error invalid_argument naming SOMABRAIN_TRUST_ROOT when it is missing or no hash.
services::KeeperSettings keeper_settings(const config::Config& config);

/// Appends lines to the file, each with "@" and the microseconds since 1970 behind it.
std::function<void(std::string_view line)> trace_file(const std::string& path);

/// Of the operations listener.
server::ListenerLimits operations_limits();

/// Which modules are on for tenants that say nothing of it. Throws Error invalid_argument naming
/// SOMABRAIN_MODULES where a name is there twice, or "none" beside others.
domain::Modules configured_modules(const config::Config& config);

/// What texts are embedded with.
services::TenantModel embedding_model(const config::Config& config);
/// Loads the weights, or prepares to call the server that is named. Throws Error unavailable.
std::unique_ptr<backends::Embedder> make_embedder(const config::Config& config);

}  // namespace soma::cli
