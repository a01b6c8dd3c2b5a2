#include <CLI/CLI.hpp>
#include <cstdio>

#include "backends/postgres/schema/maintenance.h"
#include "backends/postgres/schema/migrations.h"
#include "cli/commands.h"
#include "cli/wiring.h"

namespace soma::cli {
namespace {

constexpr std::chrono::minutes kMigrationTime{10};

void run() {
    const auto config = config::load();
    const Deadline deadline(kMigrationTime);
    for (const auto& name : backends::migrate(owner_login(config), deadline)) {
        std::printf("applied %s\n", name.c_str());
    }
    backends::ConnectionPool pool(app_login(config), 1);
    backends::Maintenance(pool).keep_partitions_ahead(
        static_cast<std::uint64_t>(config.events_partition_rows), deadline);
}

}  // namespace

void register_migrate(CLI::App& program) {
    program.add_subcommand("migrate", "Bring the database to this binary's schema")->callback(run);
}

}  // namespace soma::cli
