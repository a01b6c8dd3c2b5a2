#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/postgres/memory/sessions.h"
#include "backends/redis/cache.h"
#include "domain/context/prompt.h"
#include "domain/ledger/intent.h"
#include "services/keyring/keyring.h"

namespace soma::services {

/// An entry of a session with what orders it and ends it.
struct SessionEntry {
    std::uint64_t log_index = 0;
    /// Of a response: where its question is. A session that was ended in between does not take it.
    std::optional<std::uint64_t> question_index;
    std::optional<Time> ends_at;  ///< expired, or no longer valid
    std::string subject_hmac;     ///< under whose key its copy is sealed
    domain::WorkingMemory item;
};

/// A turn on its way into a session: `change` is its place in the intent that commits it.
struct SessionTurn {
    std::size_t change = 0;
    std::string session_hmac;
    SessionEntry entry;
};

/// The last turns, queries and responses of each session. The truth is Postgres (memories,
/// evaluations and feedback, in the order of the log); Redis holds a projection with a time to
/// live, each text sealed under its subject's key, rebuilt exactly on a miss. When Redis may have
/// missed something (`distrust`), this process leaves the tenant's projections behind. Thread-safe;
/// Redis being down is never an error here.
class WorkingMemoryStore {
  public:
    WorkingMemoryStore(backends::RedisCache& cache, backends::Sessions& sessions, Keyring& keyring,
                       std::chrono::seconds time_to_live);

    /// The session's last 10 entries that have not ended, oldest first. Throws Error unavailable
    /// when neither Redis nor Postgres answers.
    std::vector<domain::WorkingMemory> entries(const Uuid& tenant, const std::string& session_hmac,
                                               Time now, const Deadline& deadline);

    /// Entries by their ids, from Postgres, aligned with `ids`: nullopt for what was deleted or
    /// erased or has expired, though not for what only left its session. Throws as entries().
    std::vector<std::optional<domain::WorkingMemory>> named(const Uuid& tenant,
                                                            std::span<const Uuid> ids, Time now,
                                                            const Deadline& deadline);

    /// After the commit of `turns`; `assigned` is aligned with the intent's changes.
    void append(const Uuid& tenant, std::span<const SessionTurn> turns,
                std::span<const domain::Assigned> assigned);
    void append(const Uuid& tenant, const std::string& session_hmac, SessionEntry entry);

    /// After the commit of the session's end.
    void end(const Uuid& tenant, const std::string& session_hmac);

    /// A commit's outcome is unknown, or something was deleted or superseded: what Redis holds of
    /// this tenant may be wrong.
    void distrust(const Uuid& tenant);

  private:
    /// A session as Redis holds it: rebuilt when the log had `log_size` events, appended to
    /// since.
    struct Projection {
        std::uint64_t log_size = 0;
        std::uint64_t begin_index = 0;  ///< just after the session was last ended
        std::vector<SessionEntry> entries;
    };

    std::string key(const Uuid& tenant, const std::string& session_hmac) const;
    std::optional<Projection> load(const Uuid& tenant, const std::string& key,
                                   const Deadline& deadline);
    void store(const Uuid& tenant, const std::string& key, const Projection& projection,
               const Deadline& deadline);
    Projection rebuild(const Uuid& tenant, const std::string& session_hmac, Time now,
                       const Deadline& deadline);
    std::mutex& stripe(const std::string& session_hmac);

    backends::RedisCache& cache_;
    backends::Sessions& sessions_;
    Keyring& keyring_;
    std::chrono::seconds time_to_live_;
    std::string process_;  ///< random: projections of an earlier process are never read
    /// By a hash of the tenant: now and then one tenant's distrust costs another a rebuild.
    std::array<std::atomic<std::uint64_t>, 256> generations_{};
    std::array<std::mutex, 64> stripes_;  ///< read-modify-write of one session at a time
};

}  // namespace soma::services
