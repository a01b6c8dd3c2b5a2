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

#include "backends/postgres/memory/evaluations.h"
#include "backends/postgres/memory/memories.h"
#include "backends/redis/cache.h"
#include "domain/context/prompt.h"
#include "domain/ledger/intent.h"
#include "services/keyring/keyring.h"

namespace soma::services {

/// An entry of a session with what orders it and ends it.
struct SessionEntry {
    std::uint64_t log_index = 0;
    std::optional<Time> expires_at;
    std::string subject_hmac;  ///< under whose key its copy is sealed
    domain::WorkingMemory item;
};

/// A turn on its way into a session: `change` is its place in the intent that commits it.
struct SessionTurn {
    std::size_t change = 0;
    std::string session_hmac;
    SessionEntry entry;
};

/// The last turns and queries of each session. The truth is Postgres (memories and evaluations, in
/// the order of the log); Redis holds a projection with a time to live, each text sealed under its
/// subject's key, rebuilt exactly on a miss. When Redis may have missed something (`distrust`),
/// this process leaves all its projections behind. Thread-safe; Redis being down is never an error
/// here.
class WorkingMemoryStore {
  public:
    WorkingMemoryStore(backends::RedisCache& cache, backends::Memories& memories,
                       backends::Evaluations& evaluations, Keyring& keyring,
                       std::chrono::seconds time_to_live);

    /// The session's last 10 entries that are not expired, oldest first. Throws Error unavailable
    /// when neither Redis nor Postgres answers.
    std::vector<domain::WorkingMemory> entries(const Uuid& tenant, const std::string& session_hmac,
                                               Time now, const Deadline& deadline);

    /// After the commit of `turns`; `assigned` is aligned with the intent's changes.
    void append(const Uuid& tenant, std::span<const SessionTurn> turns,
                std::span<const domain::Assigned> assigned);
    void append(const Uuid& tenant, const std::string& session_hmac, SessionEntry entry);

    /// A commit's outcome is unknown, or something was deleted: what Redis holds may be wrong.
    void distrust();

  private:
    using Entries = std::vector<SessionEntry>;

    std::string key(const Uuid& tenant, const std::string& session_hmac) const;
    std::optional<Entries> load(const Uuid& tenant, const std::string& key,
                                const Deadline& deadline);
    void store(const Uuid& tenant, const std::string& key, const Entries& entries,
               const Deadline& deadline);
    Entries rebuild(const Uuid& tenant, const std::string& session_hmac, Time now,
                    const Deadline& deadline);
    std::mutex& stripe(const std::string& session_hmac);

    backends::RedisCache& cache_;
    backends::Memories& memories_;
    backends::Evaluations& evaluations_;
    Keyring& keyring_;
    std::chrono::seconds time_to_live_;
    std::string process_;  ///< random: projections of an earlier process are never read
    std::atomic<std::uint64_t> generation_{0};
    std::array<std::mutex, 64> stripes_;  ///< read-modify-write of one session at a time
};

}  // namespace soma::services
