#include "services/backup/backup.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/wiring.h"

namespace soma::cli {
namespace {

constexpr std::chrono::hours kBackupTime{12};

void run(const std::string& folder) {
    const auto begin = std::chrono::steady_clock::now();
    const auto manifest = services::back_up(owner_login(config::load()), folder, wall_clock_now(),
                                            Deadline(kBackupTime));
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    for (const auto& table : manifest.tables) {
        rows += table.rows;
        bytes += table.bytes;
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    std::printf("backed up %zu tables, %llu rows, %.1f MB in %.1f s to %s\n",
                manifest.tables.size(), static_cast<unsigned long long>(rows),
                static_cast<double>(bytes) / 1e6, taken.count(), folder.c_str());
    std::printf("log %s, %llu events\n", manifest.log.id.to_string().c_str(),
                static_cast<unsigned long long>(manifest.log.size - manifest.log.first_index));
}

}  // namespace

void register_backup(CLI::App& program) {
    auto* command = program.add_subcommand(
        "backup", "Write the whole database to a folder; the service may be running");
    auto folder = std::make_shared<std::string>();
    command->add_option("folder", *folder, "A new or empty folder; there only when all is written")
        ->required();
    command->callback([folder] { run(*folder); });
}

}  // namespace soma::cli
