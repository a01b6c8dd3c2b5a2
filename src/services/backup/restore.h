#pragma once
#include <cstdint>
#include <filesystem>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "domain/backup/succession.h"
#include "services/keyring/keyring.h"

namespace soma::services {

/// What a restore did.
struct RestoreReport {
    domain::Manifest manifest;
    domain::Restored restored;
    domain::Succession next;
    std::size_t tenants = 0;
};

/// Makes of an empty, migrated database what the folder holds: a new log behind the old one, a new
/// epoch for each tenant, and no row of a subject whose key is gone. All of it or nothing; who
/// serves from this database is to be started afterwards. `owner` is the migration login's.
/// Throws Error: not_found (a file is missing), invalid_argument (a file is damaged), conflict
/// (another schema; the database is not empty or in use; OpenBao lacks a tenant's keys),
/// unavailable.
RestoreReport restore(const backends::ConnectionSettings& owner, Keyring& keyring,
                      const std::filesystem::path& folder, std::uint64_t partition_rows, Time now,
                      const Deadline& deadline);

}  // namespace soma::services
