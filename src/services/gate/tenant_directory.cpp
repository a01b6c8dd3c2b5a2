#include "services/gate/tenant_directory.h"

#include <algorithm>

#include "base/error.h"
#include "services/commit/record_answer.h"

namespace soma::services {

std::optional<backends::TenantRow> TenantDirectory::find(const Uuid& id, const Deadline& deadline) {
    std::optional<backends::TenantRow> stale;
    {
        const auto now = std::chrono::steady_clock::now();
        const std::scoped_lock lock(mutex_);
        const auto found = entries_.find(id);
        if (found != entries_.end()) {
            const auto age = now - found->second.read_at;
            if (age < max_age_) {
                return found->second.row;
            }
            if (age < max_age_ + max_stale_) {
                stale = found->second.row;
            }
        }
    }
    if (!stale) {
        return read(id, deadline);
    }
    if (outage_.goes_on()) {
        return stale;
    }
    try {
        return read(id, Deadline(std::min(deadline.remaining(), kLedgerPatience)));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable) {
            throw;
        }
        outage_.begin();
        return stale;
    }
}

std::optional<backends::TenantRow> TenantDirectory::read(const Uuid& id, const Deadline& deadline) {
    const auto asked = std::chrono::steady_clock::now();
    auto row = tenants_.find(id, deadline);
    const std::scoped_lock lock(mutex_);
    if (!row) {
        entries_.erase(id);
        return std::nullopt;
    }
    if (entries_.size() >= kMaxEntries) {
        entries_.clear();  // Refilled by one query each; simpler than an order of use.
    }
    entries_.insert_or_assign(id, Entry{*row, asked});
    return row;
}

}  // namespace soma::services
