#include "services/witness/witness.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/stop_signals.h"
#include "cli/wiring.h"
#include "cli/witness/witness_wiring.h"
#include "server/http_server.h"
#include "server/operations_site.h"
#include "server/witness/witness_site.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::cli {
namespace {

using server::PartState;

constexpr std::chrono::milliseconds kProbeTime{1'000};
constexpr std::chrono::milliseconds kStopGrace{5'000};
constexpr std::chrono::seconds kKeyTime{10};

/// Few logs ask, each once a second and in turn.
server::ListenerLimits witness_limits() {
    server::ListenerLimits limits;
    limits.worker_threads = 4;
    limits.queue_length = 64;
    limits.max_connections = 128;
    limits.max_body_bytes_in_flight = 4ULL << 20;
    limits.header_timeout = limits.body_timeout = limits.write_timeout = server::kWitnessTime;
    return limits;
}

/// "fork: 1, rollback: 2"; empty without evidence.
std::string alarms(const std::vector<domain::Evidence>& kept) {
    std::map<std::string_view, int> counts;
    for (const auto& each : kept) {
        ++counts[alarm_name(each.alarm)];
    }
    std::string text;
    for (const auto& [name, count] : counts) {
        text += (text.empty() ? "" : ", ") + std::string(name) + ": " + std::to_string(count);
    }
    return text;
}

/// Without OpenBao it can answer nobody. An alarm stays until an administrator takes the evidence
/// away; meanwhile it works on for the history that it knows.
server::ReadyReport report(services::Witness& witness, backends::Vault& vault) {
    const Deadline deadline(kProbeTime);
    server::Part store{"openbao", PartState::ok, vault.trouble(deadline)};
    server::Part logs{"logs", PartState::ok, ""};
    if (!store.reason.empty()) {
        store.state = PartState::down;
        return {{store, logs}};
    }
    try {
        if (const auto found = alarms(witness.evidence(deadline)); !found.empty()) {
            logs.state = PartState::degraded;
            logs.reason =
                "a log contradicts what it signed before (" + found + "): ops/runbooks/ledger.md";
        }
    } catch (const Error& error) {
        store.state = PartState::down;
        store.reason = error.public_message();
    }
    return {{store, logs}};
}

void print_key() {
    const auto config = config::load();
    backends::Vault vault(witness_vault(config));
    backends::NewestSigner signer(vault, std::string(services::kWitnessKey));
    const domain::NoteKey key{config.witness_name, domain::NoteKeyType::cosigner,
                              signer.public_key(Deadline(kKeyTime))};
    std::printf("%s\n", encode_note_key(key).c_str());
}

void run() {
    const auto config = config::load();
    telemetry::set_log_level(telemetry::level_from_name(config.log_level));
    const StopSignals signals;
    backends::Vault vault(witness_vault(config));
    services::Witness witness(witness_settings(config), vault);
    server::HttpListener listener(
        server::make_witness_site(
            witness, server::make_operations_site([&] { return report(witness, vault); },
                                                  [] { return telemetry::metrics().text(); })),
        witness_limits());
    listener.start(config.witness_address, static_cast<std::uint16_t>(config.witness_port));
    telemetry::log(telemetry::Level::info, "witnessing", {{"port", config.witness_port}});
    signals.wait();
    telemetry::log(telemetry::Level::info, "stopping");
    listener.stop(kStopGrace);
}

}  // namespace

void register_witness(CLI::App& program) {
    auto* command = program.add_subcommand(
        "witness", "Cosign checkpoints of logs that only grow, until SIGTERM");
    command->require_subcommand(0, 1);
    command->add_subcommand("key", "Print the public key that its cosignatures are by")
        ->callback(print_key);
    command->callback([command] {
        if (command->get_subcommands().empty()) {
            run();
        }
    });
}

}  // namespace soma::cli
