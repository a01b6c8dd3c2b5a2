#include "cli/wiring.h"

#include <fstream>

#include "backends/embedder/http_embedder.h"
#include "backends/embedder/local_embedder.h"
#include "base/error.h"
#include "domain/identity/compact_token.h"

namespace soma::cli {
namespace {

/// "realm.roles" as the JSON pointer "/realm/roles"; "~" and "/" are escaped (RFC 6901).
std::string pointer_of(const std::string& dotted) {
    std::string pointer = "/";
    for (const char c : dotted) {
        switch (c) {
            case '.':
                pointer += '/';
                break;
            case '~':
                pointer += "~0";
                break;
            case '/':
                pointer += "~1";
                break;
            default:
                pointer += c;
        }
    }
    return pointer;
}

backends::HttpEmbedderOptions http_embedder_options(const config::Config& config) {
    backends::HttpEmbedderOptions options;
    options.url = config.embedder_url;
    options.model = config.embedder_model;
    options.api_key = config.embedder_api_key;
    options.ca_file = config.embedder_ca_file;
    options.dimension = static_cast<std::size_t>(config.embedder_dimension);
    return options;
}

}  // namespace

backends::ConnectionSettings app_login(const config::Config& config) {
    backends::ConnectionSettings settings;
    settings.host = config.postgres_host;
    settings.port = config.postgres_port;
    settings.database = config.postgres_database;
    settings.user = config.postgres_user;
    settings.password = config.postgres_password;
    return settings;
}

backends::ConnectionSettings owner_login(const config::Config& config) {
    auto settings = app_login(config);
    settings.user = config.postgres_migrate_user;
    settings.password = config.postgres_migrate_password;
    settings.role = "soma_owner";
    return settings;
}

backends::VaultConfig vault_config(const config::Config& config) {
    backends::VaultConfig vault;
    vault.address = config.vault_address();
    vault.role_id_file = config.vault_role_id_file;
    vault.secret_id_file = config.vault_secret_id_file;
    vault.token_file = config.vault_token_file;
    vault.ca_file = config.vault_ca_file;
    vault.transit_mount = config.vault_transit_mount;
    vault.kv_mount = config.vault_kv_mount;
    vault.timeout = std::chrono::milliseconds(config.vault_timeout_ms);
    return vault;
}

backends::ObjectStoreConfig object_store_config(const config::Config& config) {
    backends::ObjectStoreConfig store;
    store.address = config.s3_address();
    store.bucket = config.s3_bucket;
    store.credentials = {config.s3_access_key, config.s3_secret_key, config.s3_region};
    store.ca_file = config.s3_ca_file;
    store.timeout = std::chrono::milliseconds(config.s3_timeout_ms);
    return store;
}

backends::RedisConfig redis_config(const config::Config& config) {
    backends::RedisConfig redis;
    redis.host = config.redis_host;
    redis.port = config.redis_port;
    redis.password = config.redis_password;
    redis.connections = static_cast<std::size_t>(config.redis_connections);
    redis.connect_timeout = std::chrono::milliseconds(config.redis_timeout_ms);
    redis.command_timeout = std::chrono::milliseconds(config.redis_timeout_ms);
    return redis;
}

backends::RedisConfig buffer_config(const config::Config& config) {
    backends::RedisConfig redis;
    redis.host = config.buffer_host;
    redis.port = config.buffer_port;
    redis.password = config.buffer_password;
    // Every worker may have an event to keep at once, and the replayer reads.
    redis.connections = static_cast<std::size_t>(config.worker_threads) + 1;
    redis.connect_timeout = std::chrono::milliseconds(config.buffer_timeout_ms);
    redis.command_timeout = std::chrono::milliseconds(config.buffer_timeout_ms);
    return redis;
}

std::vector<backends::IssuerConfig> issuers(const config::Config& config) {
    if (config.jwt_issuer.empty()) {
        return {};
    }
    backends::IssuerConfig issuer;
    issuer.rules.issuer = config.jwt_issuer;
    issuer.rules.audience = config.jwt_audience;
    issuer.rules.tenant_claim = pointer_of(config.jwt_tenant_claim);
    issuer.rules.roles_claim = pointer_of(config.jwt_roles_claim);
    issuer.rules.leeway = std::chrono::seconds(config.jwt_clock_skew_seconds);
    issuer.rules.algorithms.clear();
    for (const auto& name : config.jwt_algorithms) {
        const auto algorithm = domain::parse_algorithm(name);
        SOMA_ASSERT(algorithm.has_value(), "the table of settings admits only known algorithms");
        issuer.rules.algorithms.push_back(*algorithm);
    }
    issuer.jwks_file = config.jwt_jwks_file;
    issuer.jwks_url = config.jwt_jwks_file.empty() ? config.jwt_jwks_url : "";
    return {issuer};
}

services::KeeperSettings keeper_settings(const config::Config& config) {
    auto root = domain::parse_hash(config.trust_root);
    if (!root) {
        throw Error(
            ErrorKind::invalid_argument,
            "SOMABRAIN_TRUST_ROOT must be the SHA3-512 of the constitution's version 1, 128 "
            "hexadecimal digits");
    }
    services::KeeperSettings settings;
    settings.trust_root = std::move(*root);
    settings.max_age = std::chrono::seconds(config.law_max_age_seconds);
    return settings;
}

std::function<void(std::string_view line)> trace_file(const std::string& path) {
    auto file = std::make_shared<std::ofstream>(path, std::ios::app);
    return [file](std::string_view line) {
        *file << line << " @" << wall_clock_now().time_since_epoch().count() << std::endl;
    };
}

server::ListenerLimits operations_limits() {
    server::ListenerLimits limits;
    limits.worker_threads = 1;
    limits.queue_length = 16;
    limits.max_connections = 64;
    return limits;
}

domain::Modules configured_modules(const config::Config& config) {
    const auto modules = domain::modules_of(config.modules);
    if (!modules) {
        throw Error(ErrorKind::invalid_argument,
                    "SOMABRAIN_MODULES must name each module once, or be none");
    }
    return *modules;
}

services::TenantModel embedding_model(const config::Config& config) {
    if (config.embedder_url.empty()) {
        return {std::string(backends::MiniLm::kInt8Name), int{backends::MiniLm::kDimension}};
    }
    const backends::HttpEmbedder embedder(http_embedder_options(config));  // calls nobody yet
    return {std::string(embedder.model()), config.embedder_dimension};
}

std::unique_ptr<backends::Embedder> make_embedder(const config::Config& config) {
    if (!config.embedder_url.empty()) {
        return std::make_unique<backends::HttpEmbedder>(http_embedder_options(config));
    }
    backends::LocalEmbedderOptions options;
    options.directory = config.model_dir;
    options.threads = static_cast<std::size_t>(config.embedding_threads);
    return std::make_unique<backends::LocalEmbedder>(options);
}

}  // namespace soma::cli
