#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/constitution/subcommands.h"

namespace soma::cli {

void register_constitution(CLI::App& program) {
    auto* command =
        program.add_subcommand("constitution", "The law that a quorum of signers gives");
    command->require_subcommand(1);
    add_init(*command);
    add_read(*command);
    add_update(*command);
    add_verify(*command);
    add_restore(*command);
}

}  // namespace soma::cli
