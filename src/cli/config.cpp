#include "config/config.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"

namespace soma::cli {
namespace {

std::string value_text(const config::Setting& setting, const config::Config& config) {
    if (const auto* number = std::get_if<int config::Config::*>(&setting.member)) {
        return std::to_string(config.**number);
    }
    if (const auto* text = std::get_if<std::string config::Config::*>(&setting.member)) {
        if (setting.secret) return (config.**text).empty() ? "" : "(secret)";
        return config.**text;
    }
    std::string out;
    using List = std::vector<std::string> config::Config::*;
    for (const auto& item : config.*std::get<List>(setting.member)) {
        out += (out.empty() ? "" : ",") + item;
    }
    return out;
}

void print_values() {
    const auto config = config::load();
    for (const auto& setting : config::settings()) {
        std::printf("%s=%s\n", std::string(setting.env).c_str(),
                    value_text(setting, config).c_str());
    }
}

}  // namespace

void register_config(CLI::App& program) {
    auto* command = program.add_subcommand("config", "Print the settings in force");
    auto markdown = std::make_shared<bool>(false);
    command->add_flag("--markdown", *markdown, "Print docs/configuration.md instead");
    command->callback([markdown] {
        if (*markdown) {
            std::fputs(config::to_markdown().c_str(), stdout);
        } else {
            print_values();
        }
    });
}

}  // namespace soma::cli
