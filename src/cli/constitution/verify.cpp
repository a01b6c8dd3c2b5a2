#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "cli/constitution/holder.h"
#include "cli/constitution/subcommands.h"
#include "config/config.h"
#include "domain/constitution/chain.h"
#include "domain/constitution/envelope.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

struct Options {
    std::vector<std::string> files;
    std::string trust_root;
};

/// The "signatures" of NAME.signatures.json, which lies beside the document NAME.json. What they
/// are worth is for the chain to say: a member that is no key or signature becomes one that fails.
std::vector<domain::Signature> read_signatures(const std::string& path) {
    const auto value = parse_strict_json(read_file(path, domain::kMaxEnvelopeBytes));
    const auto* list =
        value && value->is_object() ? value->get_object().if_contains("signatures") : nullptr;
    if (list == nullptr || !list->is_array()) {
        throw invalid("", path + " has no list \"signatures\"");
    }
    std::vector<domain::Signature> out;
    for (const auto& item : list->get_array()) {
        const auto bytes = [&](const char* name) {
            const auto* object = item.if_object();
            const auto* member = object != nullptr ? object->if_contains(name) : nullptr;
            return member != nullptr && member->is_string()
                       ? from_base64(member->get_string()).value_or("")
                       : std::string();
        };
        out.push_back({bytes("public_key"), bytes("signature")});
    }
    return out;
}

/// An envelope, or a document with its signatures beside it.
domain::SignedVersion read_version(const std::string& path) {
    std::string text = read_file(path, domain::kMaxEnvelopeBytes);
    auto decoded = domain::decode_signed(text);
    if (auto* version = std::get_if<domain::SignedVersion>(&decoded)) {
        return std::move(*version);
    }
    const std::string ending = ".json";
    const std::string stem =
        path.ends_with(ending) ? path.substr(0, path.size() - ending.size()) : path;
    try {
        return {std::move(text), read_signatures(stem + ".signatures.json")};
    } catch (const Error& error) {
        throw invalid("", path + " is no version with its signatures (" +
                              std::get<domain::LawRefusal>(decoded).message + "), and " +
                              error.public_message());
    }
}

std::string trust_root(const Options& options) {
    const auto root = domain::parse_hash(options.trust_root.empty() ? config::load().trust_root
                                                                    : options.trust_root);
    if (!root) {
        throw invalid("--trust-root",
                      "--trust-root or SOMABRAIN_TRUST_ROOT must be 128 hexadecimal digits");
    }
    return *root;
}

void verify(const Options& options) {
    domain::Chain chain(trust_root(options));
    for (const auto& path : options.files) {
        if (const auto refusal = chain.append(read_version(path))) {
            throw Error(ErrorKind::invalid_argument,
                        path + " is refused: " + std::string(domain::reason_name(refusal->reason)) +
                            ": " + refusal->message);
        }
        const auto& law = *chain.law();
        std::printf("version %llu  %s  %zu of %zu sign, until %s\n",
                    static_cast<unsigned long long>(law.version),
                    to_hex(chain.head()->hash).c_str(), law.threshold, law.signers.size(),
                    format_rfc3339(law.expires_at).c_str());
    }
    if (const auto refusal = domain::check_term(*chain.law(), wall_clock_now())) {
        std::printf("genuine, but not in force: %s\n", refusal->message.c_str());
        return;
    }
    std::printf("genuine: %zu version%s\n", options.files.size(),
                options.files.size() == 1 ? "" : "s");
}

}  // namespace

void add_verify(CLI::App& constitution) {
    auto options = std::make_shared<Options>();
    auto* command = constitution.add_subcommand(
        "verify", "Verify versions 1 to N from the trust root; asks no service and no store");
    command
        ->add_option("files", options->files,
                     "In order, each a version with its signatures (as snapshots are), or a "
                     "document NAME.json beside NAME.signatures.json")
        ->required();
    command->add_option("--trust-root", options->trust_root,
                        "SHA3-512 of version 1, in hex (SOMABRAIN_TRUST_ROOT)");
    command->callback([options] { verify(*options); });
}

}  // namespace soma::cli
