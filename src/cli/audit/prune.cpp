#include "cli/audit/prune.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/relay/kafka_wiring.h"
#include "cli/wiring.h"
#include "services/ledger/checkpointer.h"
#include "services/retention/pruner.h"

namespace soma::cli {
namespace {

constexpr std::chrono::hours kPruneTime{12};

struct Options {
    int keep_days = 0;
    int most = 8;
};

std::string range_of(const domain::OldestPartition& partition) {
    return std::to_string(partition.first_index) + " to " + std::to_string(partition.end_index - 1);
}

void run(const Options& options) {
    const auto config = config::load();
    backends::ObjectStore store(object_store_config(config));
    backends::Vault vault(vault_config(config));
    backends::AuditStream buffer(buffer_config(config));
    services::Pruner pruner({.origin = std::string(services::kLedgerOrigin),
                             .keep = std::chrono::days(options.keep_days),
                             .most = options.most},
                            owner_login(config), kafka_settings(config), buffer, store, vault);
    const auto report = pruner.run(wall_clock_now(), Deadline(kPruneTime));
    for (const auto& each : report.dropped) {
        std::printf("dropped %s: %llu events\n", range_of(each.partition).c_str(),
                    static_cast<unsigned long long>(each.partition.events));
        for (const auto& slice : each.slices) {
            std::printf(
                "  leaves %llu to %llu of log %s\n", static_cast<unsigned long long>(slice.begin),
                static_cast<unsigned long long>(slice.end - 1), slice.log_id.to_string().c_str());
        }
    }
    std::printf("kept %s: %s\n", range_of(report.left).c_str(),
                report.kept_because.empty() ? "as many were dropped as one run may"
                                            : report.kept_because.c_str());
}

}  // namespace

void add_audit_prune(CLI::App& audit) {
    auto options = std::make_shared<Options>();
    auto* command = audit.add_subcommand(
        "prune",
        "Drop the oldest partitions of events that are archived, locked and read back; says what "
        "keeps the next one");
    command->add_option("--keep-days", options->keep_days, "Events are kept so long at least")
        ->required()
        ->check(CLI::Range(1, 36'500));
    command->add_option("--at-most", options->most, "Partitions dropped in one run (8)")
        ->check(CLI::Range(1, 1'000));
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
