#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <memory>

#include "base/canonical_json.h"
#include "base/error.h"
#include "cli/commands.h"
#include "math/check/check.h"

namespace soma::cli {
namespace {

struct CheckOptions {
    std::uint64_t seed = 1;
    bool json = false;
};

void print_json(const std::vector<math::MathCheck>& checks) {
    for (const auto& check : checks) {
        // Infinity, the figure of a room that answered with an error, has no JSON number.
        const boost::json::value figure =
            std::isfinite(check.figure) ? boost::json::value(check.figure) : nullptr;
        const boost::json::object line{{"room", check.room},
                                       {"name", check.name},
                                       {"figure", figure},
                                       {"tolerance", check.tolerance},
                                       {"ok", check.ok}};
        std::printf("%s\n", to_canonical_json(line).c_str());
    }
}

void print_table(const std::vector<math::MathCheck>& checks) {
    for (const auto& check : checks) {
        std::printf("%-4s %-9s %-58s %9.2e <= %.0e\n", check.ok ? "ok" : "FAIL", check.room.c_str(),
                    check.name.c_str(), check.figure, check.tolerance);
    }
}

void check_math(const CheckOptions& options) {
    const auto checks = math::run_math_checks(options.seed);
    options.json ? print_json(checks) : print_table(checks);
    std::size_t failed = 0;
    for (const auto& check : checks) {
        failed += check.ok ? 0 : 1;
    }
    if (failed > 0) {
        throw Error(ErrorKind::internal, std::to_string(failed) + " of " +
                                             std::to_string(checks.size()) +
                                             " invariants of the mathematics do not hold");
    }
}

}  // namespace

void register_check(CLI::App& program) {
    auto* command = program.add_subcommand("check", "Measure invariants");
    command->require_subcommand(1);
    auto* math = command->add_subcommand("math", "The laws of the mathematics, on generated data");
    auto options = std::make_shared<CheckOptions>();
    math->add_option("--seed", options->seed, "Seed of the generated data");
    math->add_flag("--json", options->json, "One JSON object a line");
    math->callback([options] { check_math(*options); });
}

}  // namespace soma::cli
