#include "support/stack.h"

#include <fstream>
#include <map>
#include <stdexcept>

#include "source_dir.h"

namespace soma::test {
namespace {

const std::string kState = SOMABRAIN_SOURCE_DIR "/.soma";

config::Config read_stack() {
    std::ifstream in(kState + "/somabrain.env");
    if (!in) throw std::runtime_error("no stack: run ./dev up --stores");
    std::map<std::string, std::string> values;
    for (std::string line; std::getline(in, line);) {
        const auto equals = line.find('=');
        if (line.starts_with("SOMABRAIN_") && equals != std::string::npos) {
            values[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }
    return config::load([&](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    });
}

}  // namespace

const config::Config& stack() {
    static const config::Config config = read_stack();
    return config;
}

std::string stack_secret(const std::string& name) {
    std::ifstream in(kState + "/secrets/" + name);
    if (!in) throw std::runtime_error("no secret named " + name + " in .soma/secrets");
    std::string text;
    std::getline(in, text);
    return text;
}

}  // namespace soma::test
