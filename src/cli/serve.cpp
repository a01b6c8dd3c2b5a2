#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/service.h"
#include "cli/stop_signals.h"
#include "telemetry/log.h"

namespace soma::cli {
namespace {

void run() {
    const auto config = config::load();
    telemetry::set_log_level(telemetry::level_from_name(config.log_level));
    telemetry::log(telemetry::Level::info, "starting", {{"pid", ::getpid()}});
    const StopSignals signals;
    Service service(config);
    service.start();
    signals.wait();
    telemetry::log(telemetry::Level::info, "stopping");
    service.stop();
}

}  // namespace

void register_serve(CLI::App& program) {
    program.add_subcommand("serve", "Serve the API until SIGTERM")->callback(run);
}

}  // namespace soma::cli
