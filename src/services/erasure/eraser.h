#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "backends/postgres/memory/erasures.h"
#include "backends/postgres/tenant/tenants.h"
#include "backends/vault/vault.h"
#include "domain/erasure/receipt.h"
#include "services/commit/committer.h"
#include "services/evaluate/working_memory.h"
#include "services/gate/law_in_force.h"
#include "services/keyring/keyring.h"

namespace soma::services {

struct EraserLimits {
    std::chrono::hours snapshots{24 * 7};    ///< how long OpenBao's are kept
    std::chrono::seconds copies{3600};       ///< how long sealed ones stay in Redis
    int owed_each_round = 100;               ///< erasures that a round of jobs goes on with
    std::chrono::seconds round_overlap{60};  ///< changes are looked at again for so long
};

/// On whose behalf a step is taken, for its event.
struct ErasureStep {
    Time now;
    std::string actor;
    std::string request_id = {};
    std::string trace_id = {};
    std::string telemetry_ref = {};
    std::shared_ptr<const EnforcedLaw> law = nullptr;  ///< null: none was in force
};

/// Takes the steps of an erasure that has begun. Each may be repeated, by several processes at
/// once: what is done is found done. Thread-safe, `follow` excepted, which one thread calls.
class Eraser {
  public:
    Eraser(backends::Erasures& erasures, backends::Tenants& tenants, backends::Vault& vault,
           backends::Index& index, backends::QueryCache& queries, Keyring& keyring,
           Committer& committer, WorkingMemoryStore& working_memory, UuidGenerator& ids,
           const LawInForce& laws, EraserLimits limits)
        : erasures_(erasures),
          tenants_(tenants),
          vault_(vault),
          index_(index),
          queries_(queries),
          keyring_(keyring),
          committer_(committer),
          working_memory_(working_memory),
          ids_(ids),
          laws_(laws),
          limits_(limits) {}

    /// Until nothing is owed. The erasure with its receipt. Throws Error unavailable when a store
    /// does not answer or the time is up: the rest is still owed.
    domain::Erasure finish(const backends::TenantRow& tenant, const Uuid& erasure,
                           const ErasureStep& step, const Deadline& deadline);
    /// Destroys the key of an erasure that is done, if it is there again: a snapshot of OpenBao may
    /// have brought it back.
    void destroy_again(const Uuid& tenant, const domain::Erasure& erasure,
                       const Deadline& deadline);
    /// What this process holds of it beside the index, which follows the stream.
    void forget(const Uuid& tenant, std::string_view subject_hmac);

    /// Goes on with what is owed of any tenant; what cannot be done now is tried in the next round.
    void finish_owed(Time now, const Deadline& deadline);
    /// Forgets what other processes have erased since the last call: their changes reach neither
    /// this process's index nor its caches.
    void follow(const Deadline& deadline);

  private:
    void erase_rows(const backends::TenantRow& tenant, const domain::Erasure& erasure,
                    const ErasureStep& step, const Deadline& deadline);
    void destroy_key_and_sign(const backends::TenantRow& tenant, const domain::Erasure& erasure,
                              const ErasureStep& step, const Deadline& deadline);
    void submit(const backends::TenantRow& tenant, domain::Change change, Time now,
                const Deadline& deadline);
    domain::EventDraft event(const Uuid& erasure, std::string_view action, const ErasureStep& step);

    backends::Erasures& erasures_;
    backends::Tenants& tenants_;
    backends::Vault& vault_;
    backends::Index& index_;
    backends::QueryCache& queries_;
    Keyring& keyring_;
    Committer& committer_;
    WorkingMemoryStore& working_memory_;
    UuidGenerator& ids_;
    const LawInForce& laws_;
    EraserLimits limits_;
    std::map<Uuid, std::uint64_t> followed_;  ///< sequence of each change seen by the last call
    Deadline::Clock::time_point followed_at_ = Deadline::Clock::now();
};

}  // namespace soma::services
