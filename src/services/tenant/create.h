#pragma once
#include <string>

#include "backends/postgres/tenant/tenants.h"
#include "services/keyring/keyring.h"

namespace soma::services {

/// A tenant's vectors: made here by a named model, or the caller's own of a fixed dimension.
struct TenantModel {
    std::string name;
    int dimension = 0;
};

/// Makes a tenant: keys in OpenBao first, then the row with its streams, so that no tenant is ever
/// visible without keys. Throws Error: already_exists, invalid_argument (name of 1 to 256 bytes,
/// dimension 1 to 2,048), unavailable.
backends::TenantRow create_tenant(backends::Tenants& tenants, Keyring& keyring, const Uuid& id,
                                  const std::string& name, const TenantModel& model, Time now,
                                  const Deadline& deadline);

}  // namespace soma::services
