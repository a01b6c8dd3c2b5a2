#include "config/ports.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "base/error.h"
#include "cli/commands.h"

namespace soma::cli {
namespace {

struct Options {
    std::string file = "ports.json";
    std::vector<std::string> keep;
    std::vector<std::string> add;
    bool hold = false;
};

std::string read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Written aside and renamed: a reader sees the old file or the new one, never half of one.
void write_all(const std::string& path, const std::string& text) {
    const std::string draft = path + ".new";
    {
        std::ofstream out(draft, std::ios::binary | std::ios::trunc);
        out << text;
        if (!out.flush()) throw Error(ErrorKind::unavailable, draft + ": cannot be written");
    }
    if (std::rename(draft.c_str(), path.c_str()) != 0) {
        throw Error(ErrorKind::unavailable, path + ": cannot be written");
    }
}

void run(const Options& options) {
    const auto requests =
        config::stack_port_requests(read_all(options.file), options.keep, options.add);
    const auto ports = config::allocate_ports(requests);
    const auto text = config::ports_json(ports);
    write_all(options.file, text);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    if (!options.hold) return;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

}  // namespace

void register_ports(CLI::App& program) {
    auto* command = program.add_subcommand("ports", "Choose free ports and write ports.json");
    auto options = std::make_shared<Options>();
    command->add_option("--file", options->file, "The file to read and write")
        ->capture_default_str();
    command->add_option("--keep", options->keep,
                        "A key whose recorded port is in use by our server");
    command->add_option("--add", options->add, "A key beside the stack's own: any free port");
    command->add_flag("--hold", options->hold, "Hold the ports until standard input is closed");
    command->callback([options] { run(*options); });
}

}  // namespace soma::cli
