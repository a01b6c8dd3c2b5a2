#pragma once

namespace CLI {
class App;
}

namespace soma::cli {

/// Adds `audit prune` to `somabrain audit`: old events leave PostgreSQL, archived as they are.
void add_audit_prune(CLI::App& audit);

}  // namespace soma::cli
