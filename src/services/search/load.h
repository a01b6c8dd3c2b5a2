#pragma once
#include "backends/index/index.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/tenant/tenants.h"
#include "services/keyring/keyring.h"
#include "services/search/search.h"

namespace soma::services {

/// A stored memory with its passages, opened. Throws Error internal when the key does not open it:
/// storage is damaged.
domain::Memory open_memory(const Uuid& tenant, const domain::StoredMemory& row,
                           const SubjectKey& key);

/// The same for whoever reads a memory at `now`; nullopt when it has expired or was erased. It
/// has the passages that the row brings.
std::optional<domain::Memory> open_current(Keyring& keyring, const Uuid& tenant,
                                           const domain::StoredMemory& row, Time now,
                                           const Deadline& deadline);

/// A memory as search hands it out of the index when `hit` is what it found; nullopt when it has no
/// such passage.
std::optional<FoundMemory> found_memory(const domain::Memory& memory, const domain::Hit& hit);

/// Reads a tenant's memories out of Postgres and opens them for the index. Memories whose subject
/// was erased are passed over. Thread-safe.
class TenantLoader {
  public:
    TenantLoader(backends::Tenants& tenants, backends::Memories& memories, Keyring& keyring)
        : tenants_(tenants), memories_(memories), keyring_(keyring) {}

    /// The form backends::Loader asks for. Throws Error unavailable, internal (a row that its key
    /// does not open: storage is damaged).
    std::uint64_t operator()(const Uuid& tenant, const Deadline& deadline,
                             const backends::MemorySink& sink);

  private:
    backends::Tenants& tenants_;
    backends::Memories& memories_;
    Keyring& keyring_;
};

}  // namespace soma::services
