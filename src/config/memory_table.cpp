#include "config/memory_table.h"

namespace soma::config {
namespace {

const Setting kSettings[] = {
    {.env = "SOMABRAIN_MODULES",
     .member = &Config::modules,
     .initial = "pagerank",
     .min = 1,
     .max = 64,
     .meaning = "Advanced modules of retrieval that are on for tenants of which `somabrain tenant "
                "modules` says nothing, separated by commas; `none`: none.",
     .one_of = "none density bridge pagerank conductance"},
    {.env = "SOMABRAIN_INDEX_BUDGET_MIB",
     .member = &Config::index_budget_mib,
     .initial = "1024",
     .min = 16,
     .max = 1048576,
     .unit = "MiB",
     .meaning =
         "Memory for the search structures of loaded tenants; past it the tenant not used for "
         "longest is unloaded."},
    {.env = "SOMABRAIN_WORKING_MEMORY_TTL_SECONDS",
     .member = &Config::working_memory_ttl_seconds,
     .initial = "3600",
     .min = 1,
     .max = 2592000,
     .unit = "s",
     .meaning = "How long Redis keeps a session's last turns; later they come from PostgreSQL."},
    {.env = "SOMABRAIN_EVALUATION_TTL_HOURS",
     .member = &Config::evaluation_ttl_hours,
     .initial = "720",
     .min = 1,
     .max = 87600,
     .unit = "h",
     .meaning = "How long an evaluation can be replayed."},
    {.env = "SOMABRAIN_IDEMPOTENCY_HOURS",
     .member = &Config::idempotency_hours,
     .initial = "24",
     .min = 1,
     .max = 8760,
     .unit = "h",
     .meaning = "How long an Idempotency-Key is remembered with its answer."},
};

}  // namespace

std::span<const Setting> memory_settings() {
    return kSettings;
}

}  // namespace soma::config
