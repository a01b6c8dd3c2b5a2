#pragma once
#include <cstdint>
#include <filesystem>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "domain/backup/manifest.h"

namespace soma::services {

/// The manifest's name in a backup's folder.
inline constexpr const char* kManifestFile = "manifest.json";

/// Writes the whole database, as it is at one moment, to a folder that appears only when all of it
/// is on disk. Others may write meanwhile. `owner` is the migration login's. Returns what the
/// manifest says. Throws Error: conflict (the folder is not empty, the schema is another),
/// unavailable (the database or the disk fails).
domain::Manifest back_up(const backends::ConnectionSettings& owner,
                         const std::filesystem::path& folder, Time now, const Deadline& deadline);

}  // namespace soma::services
