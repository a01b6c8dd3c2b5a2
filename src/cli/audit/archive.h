#pragma once

namespace CLI {
class App;
}

namespace soma::cli {

/// `audit key` and `audit fetch`: what an auditor is given. Each adds itself to `somabrain audit`.
void add_audit_key(CLI::App& audit);
void add_audit_fetch(CLI::App& audit);

}  // namespace soma::cli
