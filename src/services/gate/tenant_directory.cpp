#include "services/gate/tenant_directory.h"

namespace soma::services {

std::optional<backends::TenantRow> TenantDirectory::find(const Uuid& id, const Deadline& deadline) {
    const auto now = std::chrono::steady_clock::now();
    {
        const std::scoped_lock lock(mutex_);
        const auto found = entries_.find(id);
        if (found != entries_.end() && now - found->second.read_at < kMaxAge) {
            return found->second.row;
        }
    }
    auto row = tenants_.find(id, deadline);
    const std::scoped_lock lock(mutex_);
    if (!row) {
        entries_.erase(id);
        return std::nullopt;
    }
    if (entries_.size() >= kMaxEntries) {
        entries_.clear();  // Refilled by one query each; simpler than an order of use.
    }
    entries_.insert_or_assign(id, Entry{*row, now});
    return row;
}

}  // namespace soma::services
