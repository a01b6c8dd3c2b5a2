#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/erasure/erasure.h"

namespace soma::backends {

/// An erasure that is not done.
struct OwedErasure {
    Uuid tenant;
    Uuid id;
};

/// An erasure that moved on, here or in another process.
struct ChangedErasure {
    Uuid tenant;
    Uuid id;
    std::string subject_hmac;
    std::uint64_t sequence = 0;  ///< in the tenant's `state`, of its last change
};

/// Reads `erasures`, of one tenant under row-level security unless a function says otherwise. Only
/// the committer writes them. Thread-safe as its pool is.
class Erasures {
  public:
    explicit Erasures(ConnectionPool& pool) : pool_(pool) {}

    std::optional<domain::Erasure> get(const Uuid& tenant, const Uuid& id,
                                       const Deadline& deadline);
    /// The subject's last one.
    std::optional<domain::Erasure> last_of(const Uuid& tenant, const std::string& subject_hmac,
                                           const Deadline& deadline);

    /// Calls `work` with the erasure as it stands while no other process is in here with the same
    /// one. It may be called twice: the lock is the session's, and a session may turn out to be
    /// dead. It must exist.
    void exclusively(const Uuid& tenant, const Uuid& id, const Deadline& deadline,
                     const std::function<void(const domain::Erasure&)>& work);

    /// Of all tenants, the oldest first.
    std::vector<OwedErasure> owed(int most, const Deadline& deadline);
    /// Of all tenants, by the server's clock.
    std::vector<ChangedErasure> changed(std::chrono::seconds within, const Deadline& deadline);

  private:
    ConnectionPool& pool_;
};

}  // namespace soma::backends
