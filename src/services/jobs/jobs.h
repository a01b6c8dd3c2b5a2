#pragma once
#include <chrono>
#include <cstdint>

#include "backends/postgres/schema/maintenance.h"
#include "backends/postgres/tenant/tenants.h"
#include "services/background/background_thread.h"
#include "services/commit/committer.h"
#include "services/conductance/conductor.h"
#include "services/erasure/eraser.h"
#include "services/gate/law_in_force.h"

namespace soma::services {

struct JobLimits {
    std::uint64_t partition_rows = backends::kDefaultEventsPartitionRows;
    std::chrono::seconds period{10};
    std::chrono::hours idempotency_lifetime{24};
    int expired_each_round = 1'000;
    int projected_each_round = 1'000;
};

/// Housekeeping in a thread of its own: partitions of `events` ahead of need, idempotency keys and
/// evaluations past their time, memories whose time to live has passed (removed through the
/// committer, which owes each its event), erasures that are owed or were done elsewhere, currents
/// that verdicts drive, and the row that a narrower law owes those who learnt under a wider one. A
/// round that fails is tried again in the next.
class Jobs {
  public:
    Jobs(backends::Maintenance& maintenance, Committer& committer, backends::Tenants& tenants,
         Eraser& eraser, Conductor& conductor, UuidGenerator& ids, const LawInForce& laws,
         JobLimits limits)
        : maintenance_(maintenance),
          committer_(committer),
          tenants_(tenants),
          eraser_(eraser),
          conductor_(conductor),
          ids_(ids),
          laws_(laws),
          limits_(limits) {}
    void start();
    void stop() { thread_.stop(); }

  private:
    void round();
    void remove_expired(Time now, const Deadline& deadline);
    void project_weights(Time now, const Deadline& deadline);
    domain::EventDraft event(std::string_view action, const Uuid& tenant, Time now);

    backends::Maintenance& maintenance_;
    Committer& committer_;
    backends::Tenants& tenants_;
    Eraser& eraser_;
    Conductor& conductor_;
    UuidGenerator& ids_;
    const LawInForce& laws_;
    JobLimits limits_;
    std::uint64_t projecting_for_ = 0;  ///< version of the law
    Uuid projected_;                    ///< the last tenant looked at under it
    bool owes_projections_ = false;     ///< there may be tenants after that one
    BackgroundThread thread_;
};

}  // namespace soma::services
