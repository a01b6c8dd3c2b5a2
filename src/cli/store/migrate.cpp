#include <CLI/CLI.hpp>
#include <cstdio>

#include "backends/postgres/schema/migrations.h"
#include "cli/commands.h"
#include "cli/wiring.h"

namespace soma::cli {
namespace {

constexpr std::chrono::minutes kMigrationTime{10};

void run() {
    const auto config = config::load();
    for (const auto& name : backends::migrate(
             owner_login(config), static_cast<std::uint64_t>(config.events_partition_rows),
             Deadline(kMigrationTime))) {
        std::printf("applied %s\n", name.c_str());
    }
}

}  // namespace

void register_migrate(CLI::App& program) {
    program.add_subcommand("migrate", "Bring the database to this binary's schema")->callback(run);
}

}  // namespace soma::cli
