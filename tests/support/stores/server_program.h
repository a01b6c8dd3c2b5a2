#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "source_dir.h"

namespace soma::test {

/// The program behind the stack's server `name`, or what ./dev has fetched for it: a benchmark
/// starts servers of its own without a stack. `fetched` is how its folder's name begins, `file`
/// where the program is in it.
inline std::string server_program(const std::string& name, const std::string& fetched,
                                  const std::string& file) {
    std::ifstream record(SOMABRAIN_SOURCE_DIR "/.soma/run/" + name + ".pid");
    std::string pid;
    if (record >> pid) {
        std::error_code gone;
        const auto program = std::filesystem::read_symlink("/proc/" + pid + "/exe", gone);
        if (!gone) return program;
    }
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    const std::filesystem::path folder =
        (cache != nullptr ? std::filesystem::path(cache)
                          : std::filesystem::path(home != nullptr ? home : "") / ".cache") /
        "somabrain";
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        const auto program = entry.path() / file;
        if (entry.path().filename().string().starts_with(fetched) &&
            std::filesystem::exists(program)) {
            return program;
        }
    }
    throw std::runtime_error("no program for " + name + ": ./dev up --stores fetches it");
}

}  // namespace soma::test
