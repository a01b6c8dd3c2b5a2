#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "cli/commands.h"

namespace {

// The release build uses instructions of this level everywhere: better one line than a crash.
bool cpu_is_new_enough() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2");
#else
    return true;
#endif
}

int run(int argc, char** argv) {
    CLI::App program("SomaBrain: a memory for AI agents", "somabrain");
    program.set_version_flag("--version", "somabrain " SOMABRAIN_VERSION);
    program.require_subcommand(1);
    for (const auto add : soma::cli::kCommands) add(program);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (!cpu_is_new_enough()) {
        std::fputs("somabrain: this processor lacks AVX2, FMA or BMI2 (x86-64-v3)\n", stderr);
        return 1;
    }
    try {
        return run(argc, argv);
    } catch (const soma::Error& error) {
        std::fprintf(stderr, "somabrain: %s%s%s\n", error.what(),
                     error.detail().empty() ? "" : ": ", error.detail().c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "somabrain: %s\n", error.what());
    }
    return 1;
}
