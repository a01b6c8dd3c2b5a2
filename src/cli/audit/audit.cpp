#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/audit/archive.h"
#include "cli/audit/log_folder.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

struct VerifyOptions {
    std::string folder;
    std::string key;
    std::string witness_key;
    std::vector<std::string> checkpoints;
};

domain::AuditKeys keys_of(const VerifyOptions& options) {
    domain::AuditKeys keys{read_keys(options.key), std::nullopt};
    for (const auto& key : keys.log) {
        if (key.type != domain::NoteKeyType::signer || key.name != keys.log.front().name) {
            throw invalid("", "--key must hold keys of one log");
        }
    }
    if (!options.witness_key.empty()) {
        const auto witness = read_keys(options.witness_key);
        if (witness.size() != 1 || witness.front().type != domain::NoteKeyType::cosigner) {
            throw invalid("", "--witness-key must hold one witness's key");
        }
        keys.witness = witness.front();
    }
    return keys;
}

void verify(const VerifyOptions& options) {
    const auto keys = keys_of(options);
    const auto report = audit_log(open_log_folder(options.folder, options.checkpoints), keys);
    if (report.finding) {
        throw invalid("", "leaf " + std::to_string(report.finding->leaf) + ": " +
                              report.finding->reason + " (" + std::to_string(report.proven) +
                              " leaves before are as signed)");
    }
    std::printf("valid: %llu leaves of %s, %llu checkpoints%s\n",
                static_cast<unsigned long long>(report.size), keys.log.front().name.c_str(),
                static_cast<unsigned long long>(report.checkpoints),
                keys.witness ? ", the newest is witnessed" : "");
}

void add_verify(CLI::App& audit) {
    auto options = std::make_shared<VerifyOptions>();
    auto* command = audit.add_subcommand(
        "verify", "Check a folder of tiles and checkpoints; names the first bad leaf. No network");
    command->add_option("--dir", options->folder, "The folder, as it lies in object storage")
        ->required();
    command->add_option("--key", options->key, "A file with the log's public key, one a line")
        ->required();
    command->add_option("--witness-key", options->witness_key,
                        "A file with a witness's: the newest checkpoint must be cosigned by it");
    command->add_option("--checkpoint", options->checkpoints,
                        "A checkpoint that was kept elsewhere: the log must contain it");
    command->callback([options] { verify(*options); });
}

}  // namespace

void register_audit(CLI::App& program) {
    auto* command = program.add_subcommand("audit", "The ledger, checked");
    command->require_subcommand(1);
    add_verify(*command);
    add_audit_fetch(*command);
    add_audit_key(*command);
}

}  // namespace soma::cli
