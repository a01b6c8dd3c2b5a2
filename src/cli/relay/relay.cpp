#include "services/relay/relay.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/relay/kafka_wiring.h"
#include "cli/stop_signals.h"
#include "cli/wiring.h"
#include "server/http_server.h"
#include "server/operations_site.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::cli {
namespace {

/// A relay that fails is degraded, not down: nobody waits for it, and the lag tells the rest.
server::ReadyReport report(const services::RelayHealth& health) {
    server::Part part{"relay", server::PartState::ok, health.trouble};
    switch (health.state) {
        case services::RelayState::starting:
            part.state = server::PartState::down;
            part.reason = "starting";
            break;
        case services::RelayState::standing_by:
            part.reason = "standing by: another relay is at work";
            break;
        case services::RelayState::relaying:
            break;
        case services::RelayState::failing:
            part.state = server::PartState::degraded;
            break;
    }
    return {{part}};
}

void run() {
    const auto config = config::load();
    telemetry::set_log_level(telemetry::level_from_name(config.log_level));
    const StopSignals signals;
    services::Relay relay(relay_settings(config));
    server::HttpListener operations(
        server::make_operations_site([&] { return report(relay.health()); },
                                     [] { return telemetry::metrics().text(); }),
        operations_limits());
    operations.start(config.ops_address, static_cast<std::uint16_t>(config.relay_port));
    relay.start();
    signals.wait();
    telemetry::log(telemetry::Level::info, "stopping");
    relay.stop();
    operations.stop(std::chrono::milliseconds(0));
}

}  // namespace

void register_relay(CLI::App& program) {
    program.add_subcommand("relay", "Carry the ledger's events to Kafka until SIGTERM")
        ->callback(run);
}

}  // namespace soma::cli
