#include "services/tenant/create.h"

#include "base/error.h"
#include "base/unicode.h"
#include "domain/memory/embedding.h"

namespace soma::services {

backends::TenantRow create_tenant(backends::Tenants& tenants, Keyring& keyring, const Uuid& id,
                                  const std::string& name, const TenantModel& model, Time now,
                                  const Deadline& deadline) {
    constexpr std::size_t max_name_bytes = 256;
    if (name.empty() || name.size() > max_name_bytes || !valid_utf8(name) || contains_nul(name)) {
        throw invalid("name", "a tenant's name must be 1 to 256 bytes of UTF-8");
    }
    if (model.dimension < 1 || model.dimension > static_cast<int>(domain::kMaxDimension)) {
        throw invalid("dimension", "a tenant's dimension must be 1 to 2048");
    }
    const Error taken(ErrorKind::already_exists, "a tenant of this name exists");
    if (tenants.find_by_name(name, deadline)) {
        throw taken;
    }
    const auto generation = tenants.ensure_model_generation(model.name, model.dimension, deadline);
    keyring.create_tenant(id, deadline);
    auto row = tenants.create(id, name, generation, now, deadline);
    if (!row) {
        throw taken;
    }
    return *row;
}

}  // namespace soma::services
