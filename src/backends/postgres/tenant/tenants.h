#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/postgres/connection_pool.h"
#include "base/time.h"
#include "base/uuid.h"
#include "domain/ledger/intent.h"
#include "domain/retrieval/modules.h"

namespace soma::backends {

/// A tenant with its streams and its embedding model.
struct TenantRow {
    Uuid id;
    std::string name;
    int shard = 0;  ///< 0..63, fixed at creation: the Kafka partition
    std::uint64_t epoch =
        0;  ///< random; changes at restore, so that older state tokens are refused
    std::uint32_t model_generation = 0;
    std::string model;
    int dimension = 0;
    Uuid state_stream_id;
    Uuid access_stream_id;
    Time created_at;
    domain::Modules modules;       ///< on for it
    bool has_own_modules = false;  ///< else they are those that the configuration names

    domain::TenantStreams streams() const { return {id, state_stream_id, access_stream_id}; }
};

/// Table `tenants` with `streams` and `model_generations`. Thread-safe as its pool is.
/// Reading works as soma_app; `create`, `set_modules` and `ensure_model_generation` need the
/// migration login (ConnectionSettings::role = "soma_owner").
class Tenants {
  public:
    /// `configured`: the modules of tenants that say nothing of it.
    explicit Tenants(ConnectionPool& pool, domain::Modules configured = domain::default_modules)
        : pool_(pool), configured_(configured) {}

    /// The generation's number for this model and dimension, made if it is new.
    std::uint32_t ensure_model_generation(const std::string& model, int dimension,
                                          const Deadline& deadline);
    /// Makes the tenant and its two streams with random shard and epoch. nullopt: the name is
    /// taken.
    std::optional<TenantRow> create(const Uuid& id, const std::string& name,
                                    std::uint32_t model_generation, Time now,
                                    const Deadline& deadline);
    /// Which modules are on for the tenant; nullopt: those that the configuration names. False:
    /// there is no such tenant.
    bool set_modules(const Uuid& id, std::optional<domain::Modules> modules,
                     const Deadline& deadline);
    std::optional<TenantRow> find(const Uuid& id, const Deadline& deadline);
    std::optional<TenantRow> find_by_name(const std::string& name, const Deadline& deadline);
    /// By name.
    std::vector<TenantRow> list(const Deadline& deadline);
    /// The last sequence of the tenant's `state` stream, 0 before the first change.
    std::uint64_t state_sequence(const Uuid& state_stream_id, const Deadline& deadline);

  private:
    TenantRow read(const RowView& row) const;
    std::optional<TenantRow> first(const Result& result) const;

    ConnectionPool& pool_;
    domain::Modules configured_;
};

}  // namespace soma::backends
