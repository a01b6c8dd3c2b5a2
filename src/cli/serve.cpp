#include <signal.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/service.h"
#include "telemetry/log.h"

namespace soma::cli {
namespace {

/// Blocks SIGTERM and SIGINT in every thread to come, so that only wait() receives them.
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A client that hangs up while it is answered is an error of write, not of the process.
    ::signal(SIGPIPE, SIG_IGN);
    return signals;
}

void run() {
    const auto config = config::load();
    telemetry::set_log_level(telemetry::level_from_name(config.log_level));
    const sigset_t signals = block_stop_signals();
    Service service(config);
    service.start();
    int received = 0;
    sigwait(&signals, &received);
    telemetry::log(telemetry::Level::info, "stopping");
    service.stop();
}

}  // namespace

void register_serve(CLI::App& program) {
    program.add_subcommand("serve", "Serve the API until SIGTERM")->callback(run);
}

}  // namespace soma::cli
