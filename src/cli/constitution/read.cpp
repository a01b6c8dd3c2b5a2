#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/json/strict_json.h"
#include "cli/client/print.h"
#include "cli/constitution/api.h"
#include "cli/constitution/pretty.h"
#include "cli/constitution/subcommands.h"
#include "domain/constitution/draft.h"
#include "domain/constitution/envelope.h"

namespace soma::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownBytes = 160;
constexpr int kMostAPage = 100;

struct ShowOptions {
    std::string name;
    bool next = false;
    bool envelope = false;
};

void show(const ShowOptions& options) {
    ConstitutionApi api;
    const auto version = version_of(api.get(api.path_of(options.name)));
    if (options.envelope) {
        std::printf("%s", domain::encode_signed(version).c_str());
        return;
    }
    const auto document = domain::read_canonical_document(version.text);
    if (options.next) {
        const Time now = std::chrono::floor<std::chrono::seconds>(wall_clock_now());
        std::printf("%s", pretty(domain::draft_next(document, now)).c_str());
        return;
    }
    std::printf("%s", pretty(*parse_strict_json(document.text)).c_str());
}

void print_summary(const json::value& item) {
    const auto& summary = item.as_object();
    const auto* activated = summary.if_contains("activated_at");
    std::printf("%-4llu %-11s %s  %s\n",
                static_cast<unsigned long long>(summary.at("version").to_number<std::uint64_t>()),
                text_member(summary, "state").c_str(),
                text_member(summary, activated != nullptr ? "activated_at" : "proposed_at")
                    .substr(0, 19)
                    .c_str(),
                text_member(summary, "id").c_str());
}

/// Proposals first, then the versions, newest first.
void history() {
    ConstitutionApi api;
    const auto proposals = api.get("/proposals");
    for (const auto& item : proposals.at("proposals").as_array()) {
        print_summary(item);
    }
    std::string before;
    for (;;) {
        const auto page = api.get("/versions?limit=" + std::to_string(kMostAPage) + before);
        const auto& versions = page.at("versions").as_array();
        for (const auto& item : versions) {
            print_summary(item);
        }
        if (versions.size() < kMostAPage) {
            return;
        }
        before =
            "&before=" + std::to_string(versions.back().at("version").to_number<std::uint64_t>());
    }
}

void diff(const std::string& from, const std::string& to) {
    ConstitutionApi api;
    const std::string path = api.path_of(to);
    const auto answer = api.get("/diff?from=" + from + "&to=" + path.substr(path.rfind('/') + 1));
    for (const auto& item : answer.at("changes").as_array()) {
        const auto& change = item.as_object();
        std::printf("%s\n", one_line(text_member(change, "path"), kShownBytes).c_str());
        for (const auto& [name, sign] : {std::pair("before", '-'), std::pair("after", '+')}) {
            if (change.contains(name)) {
                std::printf("  %c %s\n", sign,
                            one_line(text_member(change, name), kShownBytes).c_str());
            }
        }
    }
}

}  // namespace

void add_read(CLI::App& constitution) {
    auto options = std::make_shared<ShowOptions>();
    auto* show_command =
        constitution.add_subcommand("show", "The law in force, a version or a proposal");
    show_command->add_option("name", options->name,
                             "A version's number or a proposal's id (the newest version)");
    auto* next = show_command->add_flag("--next", options->next,
                                        "As the draft of the version after it, to be edited");
    show_command
        ->add_flag("--envelope", options->envelope, "With its signatures, as `verify` reads it")
        ->excludes(next);
    show_command->callback([options] { show(*options); });

    constitution.add_subcommand("history", "Open proposals, then the versions, newest first")
        ->callback(history);

    auto from = std::make_shared<std::string>();
    auto to = std::make_shared<std::string>();
    auto* diff_command = constitution.add_subcommand("diff", "What changes between two laws");
    diff_command->add_option("from", *from, "A version's number; 0: nothing")
        ->required()
        ->check(CLI::NonNegativeNumber);
    diff_command->add_option("to", *to, "A version's number or a proposal's id")->required();
    diff_command->callback([from, to] { diff(*from, *to); });
}

}  // namespace soma::cli
