#pragma once

namespace CLI {
class App;
}

namespace soma::cli {

/// Each adds its subcommands to `somabrain constitution`.
void add_init(CLI::App& constitution);
void add_read(CLI::App& constitution);
void add_restore(CLI::App& constitution);
void add_update(CLI::App& constitution);
void add_verify(CLI::App& constitution);

}  // namespace soma::cli
