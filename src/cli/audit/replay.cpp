#include "cli/audit/replay.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "backends/postgres/connection_pool.h"
#include "base/error.h"
#include "cli/wiring.h"
#include "services/replay/replayer.h"

namespace soma::cli {
namespace {

constexpr std::chrono::hours kReplayTime{1};

struct Options {
    bool put_back = false;
};

void replay(const Options& options) {
    const auto config = config::load();
    backends::AuditStream buffer(buffer_config(config));
    backends::ConnectionPool pool(app_login(config), 1);
    backends::Tenants tenants(pool);
    services::Committer committer(app_login(config));
    services::Replayer replayer(buffer, tenants, committer);
    committer.start();
    if (options.put_back) {
        std::printf("%zu entries put back\n", buffer.put_back());
    }
    const auto done = replayer.drain(Deadline(kReplayTime));
    std::printf("%llu events written, %llu were in the ledger, %llu entries set aside\n",
                static_cast<unsigned long long>(done.written),
                static_cast<unsigned long long>(done.known),
                static_cast<unsigned long long>(done.aside));
    if (done.left > 0) {
        throw Error(ErrorKind::unavailable, std::to_string(done.left) +
                                                " entries that are no events were left: there is "
                                                "no room to set them aside");
    }
}

}  // namespace

void add_audit_replay(CLI::App& audit) {
    auto options = std::make_shared<Options>();
    auto* command = audit.add_subcommand(
        "replay", "Write what waits in the buffer into the ledger; beside a running service, too");
    command->add_flag("--put-back", options->put_back,
                      "First put back what was set aside, for a program that can read it");
    command->callback([options] { replay(*options); });
}

}  // namespace soma::cli
