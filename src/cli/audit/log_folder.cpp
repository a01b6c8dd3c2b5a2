#include "cli/audit/log_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "domain/ledger/merkle/tile.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyFileBytes = 16 * 1024;

std::vector<std::string> checkpoint_files(const fs::path& folder) {
    std::vector<std::string> files;
    if (fs::is_regular_file(folder / "checkpoint")) {
        files.push_back((folder / "checkpoint").string());
    }
    if (fs::is_directory(folder / "checkpoints")) {
        for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) {
            if (files.size() == kMaxCheckpoints) {
                throw invalid("", "the folder has more than " + std::to_string(kMaxCheckpoints) +
                                      " checkpoints");
            }
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::string read_bounded(const std::string& path, std::size_t max_bytes) {
    std::ifstream file(path, std::ios::binary);
    if (!file || fs::is_directory(path)) {
        throw invalid("", "cannot read " + path);
    }
    std::string text(max_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_bytes) {
        throw invalid("", path + " has more than " + std::to_string(max_bytes) + " bytes");
    }
    return text;
}

void write_file(const std::string& path, const std::string& bytes) {
    const fs::path folder = fs::path(path).parent_path();
    if (!folder.empty()) {
        fs::create_directories(folder);
    }
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
        throw invalid("", "cannot write " + path);
    }
}

domain::LogFolder open_log_folder(const std::string& folder, const std::vector<std::string>& kept) {
    if (!fs::is_directory(folder)) {
        throw invalid("", "there is no folder " + folder);
    }
    domain::LogFolder log;
    auto files = checkpoint_files(folder);
    files.insert(files.end(), kept.begin(), kept.end());
    for (const auto& file : files) {
        log.checkpoints.push_back(read_bounded(file, domain::kMaxNoteBytes));
    }
    log.read = [folder](const std::string& name) -> std::optional<std::string> {
        const std::string path = (fs::path(folder) / name).string();
        if (!fs::exists(path)) {
            return std::nullopt;
        }
        const bool entries = name.starts_with("tile/entries/");
        return read_bounded(path, entries ? domain::kMaxBundleBytes : domain::kTileBytes);
    };
    return log;
}

std::vector<domain::NoteKey> read_keys(const std::string& path) {
    std::vector<domain::NoteKey> keys;
    std::istringstream lines(read_bounded(path, kMaxKeyFileBytes));
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty()) {
            keys.push_back(domain::parse_note_key(line));
        }
    }
    if (keys.empty()) {
        throw invalid("", path + " has no key: one line <name>+<key id>+<key>");
    }
    return keys;
}

}  // namespace soma::cli
