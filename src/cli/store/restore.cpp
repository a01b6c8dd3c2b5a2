#include "services/backup/restore.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/wiring.h"

namespace soma::cli {
namespace {

constexpr std::chrono::hours kRestoreTime{12};

void print(const services::RestoreReport& report, double seconds) {
    std::uint64_t rows = 0;
    for (const auto& table : report.manifest.tables) {
        rows += table.rows;
    }
    std::printf("restored %zu tenants, %llu rows in %.1f s, as of %s\n", report.tenants,
                static_cast<unsigned long long>(rows), seconds,
                format_rfc3339(report.manifest.created_at).c_str());
    std::uint64_t lost = 0;
    for (const auto& subject : report.restored.erased) {
        lost += subject.memories + subject.evaluations + subject.feedback;
    }
    if (!report.restored.erased.empty()) {
        std::printf("%zu subjects had no key any more: their %llu rows are erased\n",
                    report.restored.erased.size(), static_cast<unsigned long long>(lost));
    }
    std::printf("log %s ended; log %s begins at %llu\n",
                report.restored.former.id.to_string().c_str(),
                report.next.log_id.to_string().c_str(),
                static_cast<unsigned long long>(report.next.first_index));
}

void run(const std::string& folder) {
    const auto begin = std::chrono::steady_clock::now();
    const auto config = config::load();
    backends::Vault vault(vault_config(config));
    services::Keyring keyring(vault);
    const auto report = services::restore(owner_login(config), keyring, folder,
                                          static_cast<std::uint64_t>(config.events_partition_rows),
                                          wall_clock_now(), Deadline(kRestoreTime));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    print(report, taken.count());
}

}  // namespace

void register_restore(CLI::App& program) {
    auto* command = program.add_subcommand(
        "restore",
        "Fill an empty, migrated database from a backup; no service may be running on it");
    auto folder = std::make_shared<std::string>();
    command->add_option("folder", *folder, "What backup wrote")->required();
    command->callback([folder] { run(*folder); });
}

}  // namespace soma::cli
