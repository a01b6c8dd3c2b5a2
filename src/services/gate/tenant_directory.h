#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "backends/postgres/tenant/tenants.h"

namespace soma::services {

/// Tenants by id, read from Postgres and kept for a minute: rows of `tenants` change only by
/// commands of an operator. Thread-safe.
class TenantDirectory {
  public:
    static constexpr std::size_t kMaxEntries = 10'000;
    static constexpr std::chrono::seconds kMaxAge{60};

    explicit TenantDirectory(backends::Tenants& tenants) : tenants_(tenants) {}

    /// nullopt: there is no such tenant. Throws Error unavailable when Postgres does not answer.
    std::optional<backends::TenantRow> find(const Uuid& id, const Deadline& deadline);

  private:
    struct Entry {
        backends::TenantRow row;
        std::chrono::steady_clock::time_point read_at;
    };

    backends::Tenants& tenants_;
    std::mutex mutex_;
    std::unordered_map<Uuid, Entry> entries_;
};

}  // namespace soma::services
