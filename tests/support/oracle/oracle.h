#pragma once
#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "source_dir.h"

namespace soma::test {

inline std::string environment(const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

/// Runs a line of shell to its end; false when it failed.
inline bool run_line(const std::string& line) {
    return std::system(line.c_str()) == 0;  // NOLINT(cert-env33-c): oracles are other programs
}

/// Where tools/fetch_model put the weights: SOMABRAIN_MODEL_DIR, or ./dev's own place.
inline std::filesystem::path model_directory() {
    const std::string cache =
        environment("XDG_CACHE_HOME", environment("HOME", "/root") + "/.cache");
    return environment("SOMABRAIN_MODEL_DIR", cache + "/somabrain/all-minilm-l6-v2");
}

/// A folder that goes away with its owner.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "somabrain.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What tests/support/oracle/minilm_oracle.py prints for these texts. SOMABRAIN_ORACLE_PYTHON names
/// the interpreter that has its requirements (`./dev test` sets it).
inline std::string ask_oracle(const std::string& command, std::span<const std::string> texts) {
    const ScratchFolder scratch;
    {
        std::ofstream input(scratch.path() / "texts");
        for (const std::string& text : texts) input << boost::json::serialize(text) << '\n';
    }
    const std::string script =
        std::string(SOMABRAIN_SOURCE_DIR) + "/tests/support/oracle/minilm_oracle.py";
    const std::string line = "'" + environment("SOMABRAIN_ORACLE_PYTHON", "python3") + "' '" +
                             script + "' " + command + " '" + model_directory().string() + "' < '" +
                             (scratch.path() / "texts").string() + "' > '" +
                             (scratch.path() / "answer").string() + "'";
    if (!run_line(line)) {
        throw std::runtime_error(
            "the oracle failed: set SOMABRAIN_ORACLE_PYTHON to a Python with "
            "tests/support/oracle/requirements.txt");
    }
    return read_file(scratch.path() / "answer");
}

/// Real text that is always there: the paragraphs of the handbook, each at most 2 KB.
inline std::vector<std::string> handbook_paragraphs(std::size_t limit) {
    std::vector<std::string> out;
    const std::filesystem::path root = SOMABRAIN_SOURCE_DIR;
    std::vector<std::filesystem::path> files;
    for (const char* folder : {"docs", "src"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
            if (entry.path().extension() == ".md") files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        std::string rest = read_file(file);
        while (!rest.empty() && out.size() < limit) {
            const std::size_t end = std::min(rest.find("\n\n"), rest.size());
            const std::string paragraph = rest.substr(0, end);
            if (paragraph.size() >= 20 && paragraph.size() <= 2000) out.push_back(paragraph);
            rest.erase(0, std::min(rest.size(), end + 2));
        }
    }
    return out;
}

/// The turns of a LoCoMo file, when SOMABRAIN_LOCOMO names one; it is never part of the repository.
inline std::vector<std::string> locomo_turns() {
    std::vector<std::string> out;
    const std::string path = environment("SOMABRAIN_LOCOMO", "");
    if (path.empty()) return out;
    const auto file = boost::json::parse(read_file(path));
    for (const auto& sample : file.as_array()) {
        for (const auto& [name, value] : sample.at("conversation").as_object()) {
            if (!value.is_array()) continue;
            for (const auto& turn : value.as_array()) {
                out.emplace_back(turn.at("text").as_string());
            }
        }
    }
    return out;
}

}  // namespace soma::test
