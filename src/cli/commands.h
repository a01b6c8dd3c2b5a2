#pragma once

namespace CLI {
class App;
}

namespace soma::cli {

/// Each command is one file that adds itself to the program: options, and a callback that does the
/// work. A callback reports failure by throwing soma::Error (one line on stderr, exit status 1).
using Register = void (*)(CLI::App& program);

void register_api(CLI::App& program);
void register_audit(CLI::App& program);
void register_backup(CLI::App& program);
void register_check(CLI::App& program);
void register_config(CLI::App& program);
void register_constitution(CLI::App& program);
void register_evaluate(CLI::App& program);
void register_export(CLI::App& program);
void register_import(CLI::App& program);
void register_list(CLI::App& program);
void register_migrate(CLI::App& program);
void register_ports(CLI::App& program);
void register_recall(CLI::App& program);
void register_receipt(CLI::App& program);
void register_relay(CLI::App& program);
void register_remember(CLI::App& program);
void register_restore(CLI::App& program);
void register_serve(CLI::App& program);
void register_tenant(CLI::App& program);
void register_token(CLI::App& program);
void register_topics(CLI::App& program);
void register_weights(CLI::App& program);
void register_witness(CLI::App& program);

/// In the order of `somabrain --help`.
inline constexpr Register kCommands[] = {
    register_serve,    register_relay,   register_witness,  register_migrate, register_topics,
    register_tenant,   register_token,   register_remember, register_recall,  register_list,
    register_evaluate, register_weights, register_import,   register_export,  register_constitution,
    register_audit,    register_backup,  register_restore,  register_receipt, register_ports,
    register_config,   register_api,     register_check,
};

}  // namespace soma::cli
