#pragma once
#include <memory>
#include <string>
#include <vector>

#include "server/http_server.h"
#include "server/operations_site.h"
#include "server/witness/witness_site.h"
#include "support/openbao_server.h"

namespace soma::test {

/// A witness with its listener, as `somabrain witness` makes it, over an OpenBao of the tests' own.
class RunningWitness {
  public:
    static OpenBaoServer& bao() {
        static OpenBaoServer made;
        static const bool once = (made.set_up("soma-signer-1"), true);
        SOMA_ASSERT(once, "set up");
        return made;
    }

    /// `logs` may grow while it runs.
    explicit RunningWitness(std::shared_ptr<std::vector<domain::NoteKey>> logs)
        : vault_(bao().login("soma-witness")),
          witness_({"example.com/witness", [logs] { return *logs; }, std::chrono::milliseconds(0)},
                   vault_) {
        start();
    }
    /// Nobody listens any more; the port stays ours to come back to.
    void stop() { listener_.reset(); }
    void start() {
        listener_ = std::make_unique<server::HttpListener>(
            server::make_witness_site(
                witness_, server::make_operations_site([] { return server::ReadyReport{}; },
                                                       [] { return ""; })),
            server::ListenerLimits{});
        port_ = listener_->start("127.0.0.1", port_);
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    services::Witness& witness() { return witness_; }
    domain::NoteKey key() {
        return {"example.com/witness", domain::NoteKeyType::cosigner,
                vault_.public_keys(services::kWitnessKey, Deadline(std::chrono::seconds(30)))
                    .rbegin()
                    ->second};
    }

  private:
    backends::Vault vault_;
    services::Witness witness_;
    std::uint16_t port_ = 0;
    std::unique_ptr<server::HttpListener> listener_;
};

}  // namespace soma::test
