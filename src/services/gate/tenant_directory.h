#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "backends/postgres/tenant/tenants.h"
#include "services/commit/outage.h"

namespace soma::services {

/// Tenants by id, read from Postgres and kept for a minute: rows of `tenants` change only by
/// commands of an operator. While Postgres does not answer, a row already read serves for kMaxStale
/// more; that is asked for at most once in an outage. Thread-safe.
class TenantDirectory {
  public:
    static constexpr std::size_t kMaxEntries = 10'000;
    static constexpr std::chrono::seconds kMaxAge{60};
    static constexpr std::chrono::seconds kMaxStale{300};

    TenantDirectory(backends::Tenants& tenants, Outage& outage,
                    std::chrono::milliseconds max_age = kMaxAge,
                    std::chrono::milliseconds max_stale = kMaxStale)
        : tenants_(tenants), outage_(outage), max_age_(max_age), max_stale_(max_stale) {}

    /// nullopt: there is no such tenant. Throws Error unavailable when Postgres does not answer.
    std::optional<backends::TenantRow> find(const Uuid& id, const Deadline& deadline);

  private:
    struct Entry {
        backends::TenantRow row;
        std::chrono::steady_clock::time_point read_at;
    };

    std::optional<backends::TenantRow> read(const Uuid& id, const Deadline& deadline);

    backends::Tenants& tenants_;
    Outage& outage_;
    const std::chrono::milliseconds max_age_;
    const std::chrono::milliseconds max_stale_;
    std::mutex mutex_;
    std::unordered_map<Uuid, Entry> entries_;
};

}  // namespace soma::services
