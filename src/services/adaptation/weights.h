#pragma once
#include <chrono>
#include <cstddef>
#include <mutex>

#include "backends/postgres/learning/learning_weights.h"
#include "base/cache/lru_cache.h"
#include "base/time.h"
#include "domain/adaptation/theta.h"
#include "domain/memory/applied_change.h"
#include "services/gate/admission.h"
#include "telemetry/invariants.h"

namespace soma::services {

/// The weights that a tenant's requests are served with: its newest row, kept in memory. What this
/// process commits shows at once, another's within kMaxAge. Thread-safe.
class Weights {
  public:
    static constexpr std::size_t kMostTenants = 10'000;
    static constexpr std::chrono::seconds kMaxAge{30};
    /// PostgreSQL may take so long to say what is new; until it does, the known weights serve.
    static constexpr std::chrono::milliseconds kPatience{500};

    explicit Weights(backends::LearningWeights& rows) : rows_(rows), known_(kMostTenants) {}

    /// θ in force for the admitted tenant, within the bounds of the law it was admitted under.
    /// Throws Error unavailable where the tenant's weights are not known and cannot be read.
    domain::Theta of(const Admission& admission, const Deadline& deadline) const;

    /// A projection of the committer.
    void apply(const domain::AppliedChange& change);

  private:
    struct Known {
        std::uint64_t version = 0;  ///< 0: nothing was learnt; the coordinates are then the law's
        std::uint64_t law = 0;      ///< the constitution's version that they were learnt under
        domain::Coordinates coordinates{};
        std::uint64_t verdicts = 0;  ///< that its charts counted
        std::chrono::steady_clock::time_point read_at;
    };
    static Known known_of(const domain::LearntRow& row,
                          std::chrono::steady_clock::time_point read_at);
    Known read(const Uuid& tenant, const Deadline& deadline) const;
    Known keep(const Uuid& tenant, Known fresh) const;

    backends::LearningWeights& rows_;
    mutable std::mutex mutex_;
    mutable LruCache<Uuid, Known> known_;
    mutable telemetry::Invariants invariants_;
};

}  // namespace soma::services
