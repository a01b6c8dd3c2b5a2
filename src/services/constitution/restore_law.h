#pragma once
#include <cstdint>
#include <string>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "services/constitution/snapshots.h"

namespace soma::services {

/// What was restored: versions 1 to `version`, whose hash (64 bytes) is the newest one's.
struct RestoredLaw {
    std::uint64_t version = 0;
    std::string hash;
};

/// Rebuilds the whole law in an empty, migrated database, from the locked snapshots and the trust
/// root (64 bytes) alone: every version is verified as a service verifies it, and all of them are
/// there or none. Redis heals itself from PostgreSQL; OpenBao's mark is compared when a service
/// starts. Throws Error: not_found (no snapshot), conflict (laws are there already, or two texts of
/// one version), invalid_argument (a snapshot is missing or does not verify: the reason), or
/// unavailable.
RestoredLaw restore_law(const backends::ConnectionSettings& owner, LawSnapshots& snapshots,
                        const std::string& trust_root, Time now, const Deadline& deadline);

}  // namespace soma::services
