#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "cli/constitution/holder.h"
#include "cli/constitution/subcommands.h"
#include "domain/constitution/draft.h"

namespace soma::cli {
namespace {

constexpr std::chrono::seconds kCommandTime{30};
constexpr int kDefaultDays = 365;

struct Options {
    std::string source;
    std::vector<std::string> signers;
    std::string credentials;
    std::size_t threshold = 0;
    int days = kDefaultDays;
    std::string out;
};

std::string newest_key(const std::string& name, const std::string& credentials) {
    auto keys = signer_of(config::load(), name, credentials).public_keys(Deadline(kCommandTime));
    if (keys.empty()) {
        throw Error(ErrorKind::not_found, "OpenBao has no key for " + name);
    }
    return std::move(std::prev(keys.end())->second);
}

/// "NAME" asks OpenBao as that signer; "NAME=BASE64" is what a holder elsewhere has sent.
domain::Signer parse_signer(const std::string& text, const std::string& credentials) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
        return {text, newest_key(text, credentials)};
    }
    auto key = from_base64(std::string_view(text).substr(equals + 1));
    if (!key || key->size() != kEd25519KeyBytes) {
        throw invalid("--signer", "--signer " + text.substr(0, equals) +
                                      " must be followed by = and a key of 32 bytes in base64");
    }
    return {text.substr(0, equals), std::move(*key)};
}

/// draft_first, whose refusals name a place in the source.
domain::Document draft(const std::string& path, const domain::DraftTerms& terms) {
    const std::string source = read_file(path, domain::kMaxConstitutionBytes);
    try {
        return domain::draft_first(source, terms);
    } catch (const Error& error) {
        throw invalid(error.field(), path + ": " + error.field() + " " + error.public_message());
    }
}

void init(const Options& options) {
    domain::DraftTerms terms;
    for (const auto& signer : options.signers) {
        terms.signers.push_back(parse_signer(signer, options.credentials));
    }
    if (options.threshold != 0) {
        terms.threshold = options.threshold;
    }
    terms.issued_at = std::chrono::floor<std::chrono::seconds>(wall_clock_now());
    terms.expires_at = terms.issued_at + std::chrono::days(options.days);
    const auto document = draft(options.source, terms);
    write_new_file(options.out, document.text);
    std::printf("%s\n", to_hex(document.hash).c_str());
}

}  // namespace

void add_init(CLI::App& constitution) {
    auto options = std::make_shared<Options>();
    auto* init_command = constitution.add_subcommand(
        "init", "Write version 1 in canonical form; prints its SHA3-512, the trust root");
    init_command->add_option("source", options->source, "Articles, rules, bounds and limits")
        ->required();
    init_command
        ->add_option("--signer", options->signers,
                     "NAME asks OpenBao for the key, NAME=BASE64 gives it; once for each signer")
        ->required();
    init_command->add_option("--credentials", options->credentials,
                             "Folder of NAME-role-id and NAME-secret-id (SOMABRAIN_SIGNERS_DIR)");
    init_command->add_option("--threshold", options->threshold,
                             "How many must sign (what the source says)");
    init_command->add_option("--days", options->days, "How long it is in force, from now")
        ->check(CLI::Range(1, domain::kMaxTermDays))
        ->capture_default_str();
    init_command->add_option("--out", options->out, "A new file")->required();
    init_command->callback([options] { init(*options); });

    auto name = std::make_shared<std::string>();
    auto folder = std::make_shared<std::string>();
    auto* key =
        constitution.add_subcommand("key", "Print a signer's public key, as a law names it");
    key->add_option("name", *name, "The transit key, e.g. soma-signer-1")->required();
    key->add_option("--credentials", *folder,
                    "Folder of NAME-role-id and NAME-secret-id (SOMABRAIN_SIGNERS_DIR)");
    key->callback(
        [name, folder] { std::printf("%s\n", to_base64(newest_key(*name, *folder)).c_str()); });
}

}  // namespace soma::cli
