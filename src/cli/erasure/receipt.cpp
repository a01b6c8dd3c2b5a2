#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "backends/vault/vault.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/wiring.h"
#include "domain/erasure/receipt.h"

namespace soma::cli {
namespace {

constexpr std::chrono::seconds kCommandTime{30};

struct Options {
    std::string file;
    std::string key;
    std::uint32_t version = 0;
};

/// At most one byte more than a receipt may have, which is enough to refuse it.
std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw invalid("", "cannot read " + path);
    }
    std::string text(domain::kMaxReceiptBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// Of that version; 0 is the newest.
std::string key_of_openbao(std::uint32_t version) {
    backends::Vault vault(vault_config(config::load()));
    const auto keys = vault.public_keys(domain::kReceiptKey, Deadline(kCommandTime));
    const auto found = version == 0 && !keys.empty() ? std::prev(keys.end()) : keys.find(version);
    if (found == keys.end()) {
        throw Error(ErrorKind::not_found,
                    "OpenBao has no such version of " + std::string(domain::kReceiptKey));
    }
    return found->second;
}

std::string given_key(const std::string& text) {
    auto key = from_base64(text);
    if (!key || key->size() != kEd25519KeyBytes) {
        throw invalid("", "--key must be base64 of 32 bytes, as `somabrain receipt key` prints it");
    }
    return std::move(*key);
}

void verify(const Options& options) {
    const auto receipt = domain::parse_receipt(read_file(options.file));
    const std::string key = options.key.empty() ? key_of_openbao(receipt.signature.key_version)
                                                : given_key(options.key);
    if (!domain::is_signed_by(receipt, key)) {
        throw invalid("", "the receipt is not signed by this key, or was changed afterwards");
    }
    std::printf("valid: erasure %s, completed %s\n", receipt.erasure_id.c_str(),
                receipt.completed_at.c_str());
}

void print_key(const Options& options) {
    std::printf("%s\n", to_base64(key_of_openbao(options.version)).c_str());
}

}  // namespace

void register_receipt(CLI::App& program) {
    auto* command = program.add_subcommand("receipt", "Check receipts of erasures");
    command->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto* check = command->add_subcommand(
        "verify", "Whether a receipt was signed by this service and is unchanged");
    check->add_option("file", options->file, "The receipt, or the answer that holds it")
        ->required();
    check->add_option("--key", options->key,
                      "The public key in base64; without it OpenBao is asked");
    check->callback([options] { verify(*options); });
    auto* key = command->add_subcommand("key", "Print the public key that receipts are signed by");
    key->add_option("--version", options->version, "An earlier version of it (the newest)");
    key->callback([options] { print_key(*options); });
}

}  // namespace soma::cli
