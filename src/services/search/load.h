#pragma once
#include "backends/index/index.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/tenant/tenants.h"
#include "services/keyring/keyring.h"

namespace soma::services {

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
