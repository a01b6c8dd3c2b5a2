#include "cli/audit/archive.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "backends/object_store/object_store.h"
#include "backends/postgres/checkpoints/checkpoints.h"
#include "backends/vault/vault.h"
#include "base/error.h"
#include "base/uuid.h"
#include "cli/audit/log_folder.h"
#include "cli/wiring.h"
#include "domain/ledger/merkle/note.h"
#include "services/ledger/checkpointer.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kAskTime{30};
constexpr std::chrono::hours kFetchTime{12};

struct Options {
    std::string folder;
    std::string log;
};

/// The one that is named, or the service's present one.
std::string log_of(const Options& options, const config::Config& config) {
    if (options.log.empty()) {
        backends::Checkpoints log(app_login(config));
        return log.log(Deadline(kAskTime)).id.to_string();
    }
    const auto id = Uuid::parse(options.log);
    if (!id) {
        throw invalid("", "--log must be a log's id, a UUID");
    }
    return id->to_string();
}

void print_keys(const Options& options) {
    const auto config = config::load();
    const std::string origin = std::string(services::kLedgerOrigin) + "/" + log_of(options, config);
    backends::Vault vault(vault_config(config));
    for (const auto& [version, key] : vault.public_keys(services::kLedgerKey, Deadline(kAskTime))) {
        const domain::NoteKey note_key{origin, domain::NoteKeyType::signer, key};
        std::printf("%s\n", encode_note_key(note_key).c_str());
    }
}

void fetch(const Options& options) {
    const auto config = config::load();
    const Deadline deadline(kFetchTime);
    const std::string folder = "ledger/" + log_of(options, config) + "/";
    backends::ObjectStore store(object_store_config(config));
    std::size_t files = 0;
    for (const auto& object : store.first_versions(folder, deadline)) {
        const auto bytes = store.read(object, deadline);
        const std::string path = object.name.substr(folder.size());
        // Names are ours; one that would leave the folder is not.
        if (!bytes || path.find("..") != std::string::npos) {
            throw Error(ErrorKind::unavailable, "object storage lists what it does not have",
                        object.name);
        }
        write_file((fs::path(options.folder) / path).string(), *bytes);
        ++files;
    }
    std::printf("%zu files of %s\n", files, folder.c_str());
}

}  // namespace

void add_audit_key(CLI::App& audit) {
    auto options = std::make_shared<Options>();
    auto* command = audit.add_subcommand(
        "key", "Print the public keys that checkpoints are signed by, one a line");
    command->add_option("--log", options->log, "A log's id (the present one)");
    command->callback([options] { print_keys(*options); });
}

void add_audit_fetch(CLI::App& audit) {
    auto options = std::make_shared<Options>();
    auto* command =
        audit.add_subcommand("fetch", "Copy a log's tiles and checkpoints out of object storage");
    command->add_option("--dir", options->folder, "Where to")->required();
    command->add_option("--log", options->log, "A log's id (the present one)");
    command->callback([options] { fetch(*options); });
}

}  // namespace soma::cli
