#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "base/encoding.h"
#include "base/error.h"
#include "cli/constitution/subcommands.h"
#include "cli/wiring.h"
#include "services/constitution/restore_law.h"

namespace soma::cli {
namespace {

constexpr std::chrono::hours kRestoreTime{1};

void restore() {
    const auto begin = std::chrono::steady_clock::now();
    const auto config = config::load();
    const std::string trust_root = keeper_settings(config).trust_root;
    backends::ObjectStore store(object_store_config(config));
    services::LawSnapshots snapshots(store, std::chrono::days(config.s3_retention_days));
    const auto restored = services::restore_law(owner_login(config), snapshots, trust_root,
                                                wall_clock_now(), Deadline(kRestoreTime));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    std::printf("restored versions 1 to %llu in %.2f s: %s\n",
                static_cast<unsigned long long>(restored.version), taken.count(),
                to_hex(restored.hash).c_str());
}

}  // namespace

void add_restore(CLI::App& constitution) {
    auto* command = constitution.add_subcommand(
        "restore", "Fill an empty, migrated database with the law's versions 1 to N");
    auto from = std::make_shared<bool>(false);
    command->add_flag("--from-object-storage", *from, "From the locked snapshots")->required();
    command->callback([from] { restore(); });
}

}  // namespace soma::cli
