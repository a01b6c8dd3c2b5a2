#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/audit/archive.h"
#include "cli/audit/log_folder.h"
#include "cli/audit/prune.h"
#include "cli/audit/replay.h"
#include "cli/audit/subcommands.h"
#include "cli/client/print.h"
#include "cli/commands.h"
#include "domain/ledger/merkle/tile.h"
#include "domain/ledger/proving/tlog_proof.h"

namespace soma::cli {
namespace {

struct VerifyOptions {
    std::string folder;
    std::string proof;
    std::string entry;
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

/// One event by itself: its proof, and the entry out of it or from elsewhere.
void verify_proof(const VerifyOptions& options, const domain::AuditKeys& keys) {
    const auto proof =
        domain::parse_tlog_proof(read_bounded(options.proof, domain::kMaxTlogProofBytes));
    if (options.entry.empty() && !proof.extra) {
        throw invalid("", "not proven: the proof does not bring the entry: --entry FILE");
    }
    const std::string entry =
        options.entry.empty() ? *proof.extra : read_bounded(options.entry, domain::kMaxEntryBytes);
    const auto report = check_tlog_proof(proof, entry, keys);
    if (!report.trouble.empty()) {
        throw invalid("", "not proven: " + report.trouble);
    }
    std::printf("valid: leaf %llu of %llu leaves of %s%s\n%s\n",
                static_cast<unsigned long long>(proof.index),
                static_cast<unsigned long long>(report.size), keys.log.front().name.c_str(),
                keys.witness ? ", witnessed" : "", one_line(entry, domain::kMaxEntryBytes).c_str());
}

void verify(const VerifyOptions& options) {
    const auto keys = keys_of(options);
    if (!options.proof.empty()) {
        verify_proof(options, keys);
        return;
    }
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
        "verify", "Check a folder of tiles and checkpoints, or one event's proof. No network");
    auto* source = command->add_option_group("source", "What to check");
    auto* folder = source->add_option(
        "--dir", options->folder,
        "A folder as it lies in object storage: good, or the first bad leaf is named");
    auto* proof = source->add_option("--proof", options->proof, "A file that `audit proof` wrote");
    source->require_option(1);
    command->add_option("--entry", options->entry, "A file with the entry, had from elsewhere")
        ->needs(proof);
    command->add_option("--key", options->key, "A file with the log's public key, one a line")
        ->required();
    command->add_option("--witness-key", options->witness_key,
                        "A file with a witness's: the newest checkpoint must be cosigned by it");
    command
        ->add_option("--checkpoint", options->checkpoints,
                     "A checkpoint that was kept elsewhere: the log must contain it")
        ->needs(folder);
    command->callback([options] { verify(*options); });
}

}  // namespace

void register_audit(CLI::App& program) {
    auto* command = program.add_subcommand("audit", "The ledger, read and checked");
    command->require_subcommand(1);
    add_audit_tail(*command);
    add_audit_proof(*command);
    add_verify(*command);
    add_audit_fetch(*command);
    add_audit_key(*command);
    add_audit_prune(*command);
    add_audit_replay(*command);
}

}  // namespace soma::cli
