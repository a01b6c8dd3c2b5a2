#include "telemetry/metrics.h"

namespace soma::telemetry {
namespace {

using enum MetricKind;

// Seconds: from an index lookup to a request at its deadline.
constexpr double kLatency[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                               0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

const Metric kCatalog[] = {
    {"somabrain_server_requests_total", counter, "Answers of the API.", "route status"},
    {"somabrain_server_request_duration_seconds", histogram, "From request read to answer ready.",
     "route", kLatency},
    {"somabrain_server_connections_count", gauge, "Open client connections."},
    {"somabrain_server_queue_requests", gauge, "Requests waiting for a worker."},
    {"somabrain_identity_refusals_total", counter, "Tokens refused.", "reason"},
    {"somabrain_commit_groups_total", counter, "Transactions the committer committed."},
    {"somabrain_commit_intents_total", counter, "Intents those transactions carried."},
    {"somabrain_commit_rows_total", counter, "Rows they wrote, events included."},
    {"somabrain_commit_queue_intents", gauge, "Intents waiting for the committer."},
    {"somabrain_commit_duration_seconds", histogram,
     "From a group's first query to COMMIT answered.", "", kLatency},
    {"somabrain_recall_search_seconds", histogram,
     "The search alone: without embedding the query and without the event's commit.", "", kLatency},
    {"somabrain_embedder_duration_seconds", histogram, "One query or passage, waiting included.",
     "", kLatency},
    {"somabrain_embedder_cache_hits_total", counter, "Queries whose embedding was remembered."},
    {"somabrain_embedder_cache_misses_total", counter, "Queries that had to be embedded."},
    {"somabrain_index_resident_bytes", gauge, "Search structures of loaded tenants."},
    {"somabrain_index_resident_tenants", gauge, "Tenants loaded."},
    {"somabrain_index_loads_total", counter, "Tenants loaded from PostgreSQL."},
    {"somabrain_index_evictions_total", counter, "Tenants unloaded for lack of room."},
    {"somabrain_keyring_hits_total", counter, "Keys found unwrapped in memory."},
    {"somabrain_keyring_misses_total", counter, "Keys fetched from OpenBao."},
    {"somabrain_redis_failures_total", counter, "Calls to Redis that failed or timed out."},
    {"somabrain_process_resident_bytes", gauge, "Resident memory of the process."},
    {"somabrain_process_cpu_seconds", gauge, "Processor time used, user and system."},
    {"somabrain_process_threads_count", gauge, "Threads of the process."},
};

}  // namespace

std::span<const Metric> catalog() {
    return kCatalog;
}

}  // namespace soma::telemetry
