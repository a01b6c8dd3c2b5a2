#include "cli/witness/witness_wiring.h"

#include "base/error.h"
#include "cli/audit/log_folder.h"
#include "cli/wiring.h"

namespace soma::cli {
namespace {

/// Keys of one type; another in such a file is a mix-up.
std::vector<domain::NoteKey> keys_of(const std::string& variable, const std::string& path,
                                     domain::NoteKeyType type) {
    if (path.empty()) {
        throw invalid("", variable + " names no file");
    }
    auto keys = read_keys(path);
    for (const auto& key : keys) {
        if (key.type != type) {
            throw invalid("", variable + ": " + path + " has a key of another type: " + key.name);
        }
    }
    return keys;
}

}  // namespace

backends::VaultConfig witness_vault(const config::Config& config) {
    auto vault = vault_config(config);
    vault.role_id_file = config.witness_role_id_file;
    vault.secret_id_file = config.witness_secret_id_file;
    vault.token_file.clear();
    if (vault.role_id_file.empty() || vault.secret_id_file.empty()) {
        throw invalid("",
                      "SOMABRAIN_WITNESS_ROLE_ID_FILE and SOMABRAIN_WITNESS_SECRET_ID_FILE "
                      "name the witness's own login");
    }
    return vault;
}

services::WitnessSettings witness_settings(const config::Config& config) {
    services::WitnessSettings settings;
    settings.name = config.witness_name;
    settings.logs = [path = config.witness_logs_file] {
        return keys_of("SOMABRAIN_WITNESS_LOGS_FILE", path, domain::NoteKeyType::signer);
    };
    return settings;
}

services::WitnessingSettings witnessing_settings(const config::Config& config) {
    services::WitnessingSettings settings;
    settings.url = config.witness_url;
    while (settings.url.ends_with('/')) {
        settings.url.pop_back();
    }
    settings.ca_file = config.witness_ca_file;
    if (!settings.url.empty()) {
        settings.keys = keys_of("SOMABRAIN_WITNESS_KEY_FILE", config.witness_key_file,
                                domain::NoteKeyType::cosigner);
    }
    return settings;
}

}  // namespace soma::cli
