#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "cli/constitution/api.h"
#include "cli/constitution/holder.h"
#include "cli/constitution/subcommands.h"
#include "domain/constitution/document/document.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kCommandTime{30};

struct SignOptions {
    std::string proposal;
    std::string signer;
    std::string credentials;
};

/// In any layout: what is sent is the canonical form.
void propose(const std::string& path) {
    const std::string text = read_file(path, domain::kMaxConstitutionBytes);
    domain::Document document;
    try {
        document = domain::read_document(text);
    } catch (const Error& error) {
        throw invalid(error.field(), path + ": " + error.field() + " " + error.public_message());
    }
    ConstitutionApi api;
    const auto answer = api.post("/proposals", {{"document", document.text}});
    const auto id = text_member(answer.at("summary").as_object(), "id");
    if (id != to_hex(document.hash)) {
        throw Error(ErrorKind::internal, "the service answered with another proposal");
    }
    std::printf("%s\n", id.c_str());
}

bool is_holder(const domain::Constitution& law, const std::string& key) {
    return std::any_of(law.signers.begin(), law.signers.end(),
                       [&](const domain::Signer& signer) { return signer.public_key == key; });
}

/// The law that gives way: its holders must sign, too. Version 1 has none.
std::vector<domain::Constitution> laws_to_serve(ConstitutionApi& api,
                                                const domain::Document& proposed) {
    std::vector<domain::Constitution> laws{proposed.law};
    if (proposed.law.version > 1) {
        const auto before =
            version_of(api.get("/versions/" + std::to_string(proposed.law.version - 1)));
        laws.push_back(domain::read_canonical_document(before.text).law);
    }
    return laws;
}

void print_counts(const std::string& who, const json::object& answer,
                  const domain::Document& document) {
    std::printf("%s signed version %llu: %s of its holders", who.c_str(),
                static_cast<unsigned long long>(document.law.version),
                count_of(answer, "signatures_of_own_holders").c_str());
    if (document.law.version > 1) {
        std::printf(", %s of those before",
                    count_of(answer, "signatures_of_holders_before").c_str());
    }
    std::printf("\n");
}

/// What is signed is computed here from the text, never taken from the service. A rotated key signs
/// by each of its versions that is asked for.
void sign(const SignOptions& options) {
    ConstitutionApi api;
    const std::string id = api.proposal(options.proposal);
    const auto document =
        domain::read_canonical_document(version_of(api.get("/proposals/" + id)).text);
    if (to_hex(document.hash) != id) {
        throw Error(ErrorKind::internal, "the service showed another document than was asked for");
    }
    const auto laws = laws_to_serve(api, document);
    const Deadline deadline(kCommandTime);
    auto signer = signer_of(config::load(), options.signer, options.credentials);
    bool any = false;
    for (const auto& [version, key] : signer.public_keys(deadline)) {
        if (std::none_of(laws.begin(), laws.end(), [&key = key](const domain::Constitution& law) {
                return is_holder(law, key);
            })) {
            continue;
        }
        const auto signature = signer.sign(version, domain::signed_bytes(document), deadline);
        const auto answer =
            api.post("/proposals/" + id + "/signatures",
                     {{"public_key", to_base64(key)}, {"signature", to_base64(signature)}});
        print_counts(options.signer, answer, document);
        any = true;
    }
    if (!any) {
        throw Error(ErrorKind::permission_denied,
                    options.signer + " holds no key of this law nor of the one before");
    }
}

void activate(const std::string& proposal) {
    ConstitutionApi api;
    const auto answer = api.post("/proposals/" + api.proposal(proposal) + "/activate", {});
    const auto& summary = answer.at("summary").as_object();
    std::printf("version %llu is in force: %s\n",
                static_cast<unsigned long long>(summary.at("version").to_number<std::uint64_t>()),
                text_member(summary, "id").c_str());
}

}  // namespace

void add_update(CLI::App& constitution) {
    auto path = std::make_shared<std::string>();
    auto* propose_command = constitution.add_subcommand(
        "propose", "Propose the next version; prints the proposal's id");
    propose_command->add_option("file", *path, "The whole law, in any layout")->required();
    propose_command->callback([path] { propose(*path); });

    auto options = std::make_shared<SignOptions>();
    auto* sign_command =
        constitution.add_subcommand("sign", "Sign a proposal with a key that stays in OpenBao");
    sign_command->add_option("proposal", options->proposal,
                             "Its id or the first 8 digits or more (the only one there is)");
    sign_command->add_option("--signer", options->signer, "The transit key, e.g. soma-signer-1")
        ->required();
    sign_command->add_option("--credentials", options->credentials,
                             "Folder of NAME-role-id and NAME-secret-id (SOMABRAIN_SIGNERS_DIR)");
    sign_command->callback([options] { sign(*options); });

    auto proposal = std::make_shared<std::string>();
    auto* activate_command = constitution.add_subcommand(
        "activate", "Bring a proposal into force that enough holders have signed");
    activate_command->add_option("proposal", *proposal,
                                 "Its id or the first 8 digits or more (the only one there is)");
    activate_command->callback([proposal] { activate(*proposal); });
}

}  // namespace soma::cli
