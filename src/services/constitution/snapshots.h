#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/object_store/object_store.h"
#include "base/time.h"
#include "domain/constitution/chain.h"

namespace soma::services {

/// The newest version that object storage has ever been given, as its name and its text agree on.
struct LawSnapshot {
    std::uint64_t version = 0;
    std::string hash;  ///< 64 bytes
    domain::SignedVersion content;
};

/// The law's versions under COMPLIANCE lock: one object each, named
/// constitution/<20 digits version>-<first 32 hex of its hash>.json, whose bytes are encode_signed.
/// What is read here is not believed: a Chain says whether it is the law. Thread-safe. Throws
/// Error(unavailable) when object storage does not serve, and Error(conflict) when it holds
/// something else than what is asked for: two texts of one version, or a text under another's name.
/// That is never repaired from here; see ops/runbooks/object-storage.md.
class LawSnapshots {
  public:
    /// `retention` is how long a snapshot stays locked from the moment it is saved.
    LawSnapshots(backends::ObjectStore& store, std::chrono::days retention)
        : store_(store), retention_(retention) {}

    /// On return the version is there, was read back, is byte for byte what was given, and is
    /// locked for at least half the retention. Doing it again changes nothing, until the lock is
    /// half over: then it is extended. After a failure the snapshot is owed: repeat. `hash` is the
    /// text's.
    void save(std::uint64_t version, std::string_view hash, const domain::SignedVersion& content,
              const Deadline& deadline);

    /// nullopt: no version was ever saved.
    std::optional<LawSnapshot> newest(const Deadline& deadline);

    /// nullopt: that version was never saved.
    std::optional<LawSnapshot> read(std::uint64_t version, const Deadline& deadline);

  private:
    std::vector<backends::ObjectVersion> objects_of(std::uint64_t version,
                                                    const Deadline& deadline);
    void ensure_lock(const backends::ObjectVersion& object, Time now, const Deadline& deadline);
    std::optional<LawSnapshot> load(std::uint64_t version,
                                    const std::vector<backends::ObjectVersion>& named,
                                    const Deadline& deadline);

    backends::ObjectStore& store_;
    std::chrono::days retention_;
};

}  // namespace soma::services
