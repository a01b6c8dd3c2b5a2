#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace soma::backends {

inline constexpr std::size_t kMaxObjectNameBytes = 1'024;  ///< as S3 has it

/// One version that was written under a name. The pair names its bytes for ever.
struct ObjectVersion {
    std::string name;
    std::string id;

    friend bool operator==(const ObjectVersion&, const ObjectVersion&) = default;
};

/// A page of a bucket's versions: of each name the newest first. Delete markers are no versions.
struct VersionPage {
    std::vector<ObjectVersion> versions;
    /// Where the next page begins; nullopt: this is the last.
    std::optional<ObjectVersion> next;
};

/// How long a version cannot be deleted, by anybody.
struct ObjectLock {
    bool compliance = false;  ///< else GOVERNANCE, which a privileged caller may lift
    Time until;
};

/// ListObjectVersions. nullopt when the text is no such answer, or says that more follows but not
/// where. Pure and total, as are the others.
std::optional<VersionPage> read_version_page(std::string_view xml);

/// GetObjectRetention.
std::optional<ObjectLock> read_lock(std::string_view xml);

/// GetObjectLockConfiguration: whether the bucket locks at all.
bool read_lock_enabled(std::string_view xml);

/// The Code of an error, "NoSuchBucket"; "" when the text is no error. It holds letters and digits
/// alone, 64 at most: fit for a log.
std::string read_error_code(std::string_view xml);

}  // namespace soma::backends
