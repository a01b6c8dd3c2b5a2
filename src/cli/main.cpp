#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/client/print.h"
#include "cli/commands.h"
#include "cli/usage/nearest.h"

namespace {

constexpr std::size_t kShownBytes = 60;

// The release build uses instructions of this level everywhere: better one line than a crash.
bool cpu_is_new_enough() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2");
#else
    return true;
#endif
}

/// "help", "help recall" and "version" as the options they are the habit for.
std::vector<std::string> with_habits(std::vector<std::string> words) {
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    } else if (words.size() == 1 && words.front() == "version") {
        words.front() = "--version";
    }
    return words;
}

/// Throws Error when a word stands where a command should and is none: the parser would only say
/// that it did not expect it.
void check_commands(const CLI::App& program, const std::vector<std::string>& words) {
    const CLI::App* command = &program;
    for (const auto& word : words) {
        std::vector<std::string> names;
        for (const auto* known : command->get_subcommands(nullptr)) {
            names.push_back(known->get_name());
        }
        if (names.empty() || word.starts_with('-')) {
            return;
        }
        if (std::find(names.begin(), names.end(), word) == names.end()) {
            const auto meant = soma::cli::nearest(word, names);
            throw soma::invalid("", "no such command: " + soma::cli::one_line(word, kShownBytes) +
                                        (meant ? " (did you mean " + *meant + "?)"
                                               : " (somabrain help lists them)"));
        }
        command = command->get_subcommand(word);
    }
}

int run(int argc, char** argv) {
    CLI::App program("SomaBrain: a memory for AI agents", "somabrain");
    program.set_version_flag("--version", "somabrain " SOMABRAIN_VERSION);
    program.require_subcommand(1);
    for (const auto add : soma::cli::kCommands) add(program);
    auto words = with_habits({argv + 1, argv + argc});
    check_commands(program, words);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    try {
        program.parse(std::move(words));
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
