// `somabrain audit verify` for oracles that ask it a thousand times, without a process each: one
// request a line on standard input, the words of its options in tabs (folder, key file, checkpoints
// kept elsewhere); one line on standard output: "valid", or "leaf <n>: <why>".
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "cli/audit/log_folder.h"

namespace {

std::string verify(const std::string& request) {
    std::istringstream in(request);
    std::vector<std::string> words;
    for (std::string word; std::getline(in, word, '\t');) {
        words.push_back(word);
    }
    if (words.size() < 2) {
        return "a folder and a key file are asked for";
    }
    const auto log = soma::cli::open_log_folder(words[0], {words.begin() + 2, words.end()});
    const auto report = audit_log(log, {soma::cli::read_keys(words[1]), std::nullopt});
    return report.finding
               ? "leaf " + std::to_string(report.finding->leaf) + ": " + report.finding->reason
               : "valid";
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        try {
            std::cout << verify(line) << std::endl;
        } catch (const soma::Error& error) {
            std::cout << error.public_message() << std::endl;
        }
    }
}
