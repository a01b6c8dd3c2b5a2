#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace soma::config {

/// Everything the binary can be told. Filled once at start by load() and then only read, so it may
/// be shared between threads. Each field has a row in settings() (table.cpp) that names its
/// environment variable, default, bounds and meaning; docs/configuration.md is printed from there.
struct Config {
    // Listeners
    std::string listen_address;
    int http_port = 0;
    int grpc_port = 0;
    std::string ops_address;
    int ops_port = 0;
    int max_connections = 0;
    int worker_threads = 0;
    int queue_length = 0;
    int request_deadline_ms = 0;
    std::string log_level;

    // PostgreSQL: the truth
    std::string postgres_host;
    int postgres_port = 0;
    std::string postgres_database;
    std::string postgres_user;
    std::string postgres_password;
    std::string postgres_migrate_user;
    std::string postgres_migrate_password;
    int postgres_connections = 0;
    int postgres_connect_ms = 0;
    int events_partition_rows = 0;

    // Redis `cache`: a projection, never the truth
    std::string redis_host;
    int redis_port = 0;
    std::string redis_password;
    int redis_connections = 0;
    int redis_timeout_ms = 0;

    // Redis `buffer`: events that PostgreSQL did not take in time
    std::string buffer_host;
    int buffer_port = 0;
    std::string buffer_password;
    int buffer_timeout_ms = 0;

    // OpenBao: tenant and subject keys
    std::string vault_scheme;
    std::string vault_host;
    int vault_port = 0;
    std::string vault_ca_file;
    std::string vault_role_id_file;
    std::string vault_secret_id_file;
    std::string vault_token_file;
    std::string vault_transit_mount;
    std::string vault_kv_mount;
    int vault_timeout_ms = 0;
    int vault_snapshot_hours = 0;
    int key_cache_entries = 0;
    int key_cache_seconds = 0;

    // Object storage: the law's locked snapshots
    std::string s3_scheme;
    std::string s3_host;
    int s3_port = 0;
    std::string s3_ca_file;
    std::string s3_region;
    std::string s3_bucket;
    std::string s3_access_key;
    std::string s3_secret_key;
    int s3_timeout_ms = 0;
    int s3_retention_days = 0;

    // Kafka: what others read of the ledger; the relay that carries it there
    std::string kafka_brokers;
    int kafka_port = 0;
    int kafka_replication = 0;
    std::string kafka_security;
    std::string kafka_ca_file;
    std::string kafka_user;
    std::string kafka_password;
    std::string kafka_admin_user;
    std::string kafka_admin_password;
    std::string postgres_relay_user;
    std::string postgres_relay_password;
    int relay_port = 0;
    std::string relay_trace_file;

    // The witness: what `serve` asks, and what `witness` is
    std::string witness_url;
    std::string witness_key_file;
    std::string witness_ca_file;
    std::string witness_name;
    std::string witness_logs_file;
    std::string witness_address;
    int witness_port = 0;
    std::string witness_role_id_file;
    std::string witness_secret_id_file;

    // Identity: one trusted issuer, named here, never built in
    std::string trust_root;
    int law_max_age_seconds = 0;
    std::string jwt_issuer;
    std::string jwt_audience;
    std::string jwt_jwks_file;
    std::string jwt_jwks_url;
    std::vector<std::string> jwt_algorithms;
    std::string jwt_tenant_claim;
    std::string jwt_roles_claim;
    std::string jwt_issuer_key_file;
    int jwt_clock_skew_seconds = 0;
    int jwks_reload_seconds = 0;

    // Embedding: in this process, unless a server is named
    std::string model_dir;
    std::string embedder_url;
    std::string embedder_model;
    std::string embedder_api_key;
    std::string embedder_ca_file;
    int embedder_dimension = 0;
    int embedding_threads = 0;
    int query_cache_entries = 0;

    // Memory
    std::vector<std::string> modules;
    int index_budget_mib = 0;
    int working_memory_ttl_seconds = 0;
    int evaluation_ttl_hours = 0;
    int idempotency_hours = 0;
    std::string commit_trace_file;

    // Client commands (remember, recall, evaluate, import, constitution)
    std::string url;
    std::string token;
    std::string signers_dir;

    /// "http://127.0.0.1:8200"
    std::string vault_address() const {
        return vault_scheme + "://" + vault_host + ":" + std::to_string(vault_port);
    }
    /// "http://127.0.0.1:7070"
    std::string s3_address() const {
        return s3_scheme + "://" + s3_host + ":" + std::to_string(s3_port);
    }
};

/// One row of the table.
struct Setting {
    using Member =
        std::variant<int Config::*, std::string Config::*, std::vector<std::string> Config::*>;

    std::string_view env;           ///< SOMABRAIN_…; secrets may instead come from <env>_FILE
    Member member;                  ///< where the value goes; its type is the setting's type
    std::string_view initial = {};  ///< the default, in the form a person would write it
    int min = 0;                    ///< numbers: inclusive; texts: least number of bytes
    int max = 0;                    ///< numbers: inclusive; texts and each list item: most bytes
    std::string_view unit = {};     ///< "ms", "MiB", …; empty for texts and counts
    std::string_view meaning = {};  ///< one sentence for docs/configuration.md
    bool secret = false;            ///< never printed, not even when it is wrong
    std::string_view one_of = {};   ///< texts and list items: the legal values, separated by blanks
    int step = 1;                   ///< numbers: must be a multiple of this
    std::string_view ports_key = {};  ///< its key in ports.json; empty: not there
};

/// All rows, in the order of docs/configuration.md.
std::span<const Setting> settings();

/// "http_port" for SOMABRAIN_HTTP_PORT.
std::string setting_name(const Setting& setting);

/// Looks one environment variable up; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads the process environment.
std::optional<std::string> process_environment(const std::string& name);

/// Every setting: from its variable, else (secrets) from the file that <env>_FILE names, else
/// (ports) from ports.json, else its default. The ports file is SOMABRAIN_PORTS_FILE, or ports.json
/// in the working directory, where it may be missing. Throws Error(invalid_argument) whose message
/// is one line: variable, value (secrets: none), limit.
Config load(const Environment& environment = process_environment);

/// docs/configuration.md, whole.
std::string to_markdown();

/// Names among `names` that start with SOMABRAIN_ and mean nothing here: most likely misspelt.
std::vector<std::string> unknown_variables(std::span<const std::string> names);

}  // namespace soma::config
