#pragma once

namespace CLI {
class App;
}

namespace soma::cli {

/// `audit replay`: the buffer into the ledger, now. Adds itself to `somabrain audit`.
void add_audit_replay(CLI::App& audit);

}  // namespace soma::cli
