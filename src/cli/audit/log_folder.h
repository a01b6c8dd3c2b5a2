#pragma once
#include <string>
#include <vector>

#include "domain/ledger/merkle/audit.h"

namespace soma::cli {

/// A folder may have this many checkpoints: one a minute for two years.
inline constexpr std::size_t kMaxCheckpoints = 1'048'576;

/// A file of at most `max_bytes`. Throws Error(invalid_argument) when it cannot be read or has
/// more.
std::string read_bounded(const std::string& path, std::size_t max_bytes);

/// Makes the folders above it. Throws Error(invalid_argument) when it cannot be written.
void write_file(const std::string& path, const std::string& bytes);

/// A log as it lies in object storage: "checkpoints/…" and "tile/…", and a file "checkpoint" where
/// the folder was fetched from a log that keeps one. `kept` are files with checkpoints from
/// elsewhere. Reads tiles when they are asked for.
domain::LogFolder open_log_folder(const std::string& folder, const std::vector<std::string>& kept);

/// Keys as they are given out, one a line.
std::vector<domain::NoteKey> read_keys(const std::string& path);

}  // namespace soma::cli
