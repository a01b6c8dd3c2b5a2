#pragma once

namespace CLI {
class App;
}

namespace soma::cli {

/// `audit tail` and `audit proof`: what a running service says of its ledger. Each adds itself to
/// `somabrain audit`.
void add_audit_tail(CLI::App& audit);
void add_audit_proof(CLI::App& audit);

}  // namespace soma::cli
