#include "telemetry/metrics.h"

namespace soma::telemetry {
namespace {

using enum MetricKind;

// Seconds: from an index lookup to a request at its deadline.
constexpr double kLatency[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                               0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  10.0};

// The same range in steps of a quarter, for benchmarks that read quantiles off the buckets.
constexpr double kFineLatency[] = {
    0.00001, 0.0000125, 0.000016, 0.00002, 0.000025, 0.000032, 0.00004, 0.00005, 0.000063,
    0.00008, 0.0001,    0.000125, 0.00016, 0.0002,   0.00025,  0.00032, 0.0004,  0.0005,
    0.00063, 0.0008,    0.001,    0.00125, 0.0016,   0.002,    0.0025,  0.0032,  0.004,
    0.005,   0.0063,    0.008,    0.01,    0.0125,   0.016,    0.02,    0.025,   0.032,
    0.04,    0.05,      0.063,    0.08,    0.1,      0.125,    0.16,    0.2,     0.25,
    0.32,    0.4,       0.5,      0.63,    0.8,      1.0,      2.5,     5.0,     10.0};

// From an event to its cosignature: a second of waiting for company, and the witness's answer.
constexpr double kWitnessed[] = {0.1, 0.25, 0.5, 0.75, 1.0,  1.25, 1.5,  1.75,
                                 2.0, 2.5,  3.0, 5.0,  10.0, 30.0, 60.0, 600.0};

const Metric kCatalog[] = {
    {"somabrain_server_requests_total", counter, "Answers of the API.", "route status"},
    {"somabrain_server_request_duration_seconds", histogram, "From request read to answer ready.",
     "route", kLatency},
    {"somabrain_server_connections_count", gauge, "Open client connections."},
    {"somabrain_server_queue_requests", gauge, "Requests waiting for a worker."},
    {"somabrain_grpc_requests_total", counter, "Answers of the API over gRPC.", "route code"},
    {"somabrain_grpc_request_duration_seconds", histogram,
     "From a call's message read to its answer ready.", "route", kLatency},
    {"somabrain_grpc_calls_count", gauge, "Calls over gRPC that are not answered yet."},
    {"somabrain_grpc_queue_requests", gauge, "Calls over gRPC waiting for a worker."},
    {"somabrain_identity_refusals_total", counter, "Tokens refused.", "reason"},
    {"somabrain_gate_law_outcomes_total", counter,
     "What the constitution made of requests: allowed, redacted, denied, review, no_law.",
     "outcome"},
    {"somabrain_constitution_verified", gauge,
     "1: the law in force verifies; 0: it does not, or there is none."},
    {"somabrain_constitution_verify_latency_seconds",
     histogram,
     "Reading, verifying and comparing the law.",
     {},
     kLatency},
    {"somabrain_constitution_snapshots_owed_count", gauge,
     "Versions in force whose snapshot is not under object lock yet."},
    {"somabrain_ledger_signed_leaves_count", gauge,
     "Events under the newest checkpoint, where this process signs."},
    {"somabrain_ledger_owed_leaves_count", gauge, "Events in no checkpoint yet."},
    {"somabrain_ledger_owed_tiles_count", gauge,
     "Full tiles that are signed and not under object lock yet."},
    {"somabrain_ledger_witnessed_leaves_count", gauge,
     "Events under the newest checkpoint that the witness cosigned, where this process signs."},
    {"somabrain_ledger_witnessed_seconds",
     histogram,
     "From the time of the oldest event a cosignature is the first to cover until it was stored.",
     {},
     kWitnessed},
    {"somabrain_ledger_witness_refusals_total", counter,
     "Answers of the witness that were no cosignature: away, unknown_log, refused, fork, rollback, "
     "not_its_own.",
     "reason"},
    {"somabrain_witness_answers_total", counter,
     "Answers of this witness to well-formed checkpoints: cosigned, unknown_log, not_signed, "
     "stale, other_root, bad_proof.",
     "answer"},
    {"somabrain_witness_alarms_total", counter,
     "Checkpoints that contradicted what was cosigned: fork, rollback, bad_proof.", "alarm"},
    {"somabrain_ledger_events_total", counter, "Events this process has written into the ledger."},
    {"somabrain_ledger_buffered_total", counter,
     "Events that went to the buffer because PostgreSQL did not answer in 500 ms."},
    {"somabrain_ledger_replayed_total", counter,
     "Entries of the buffer that are done with: written, known to the ledger, set_aside.",
     "outcome"},
    {"somabrain_ledger_buffer_entries_count", gauge, "Entries that wait in the buffer."},
    {"somabrain_ledger_set_aside_entries_count", gauge,
     "Entries that are no events: somebody has to look at them."},
    {"somabrain_commit_groups_total", counter, "Transactions the committer committed."},
    {"somabrain_commit_intents_total", counter, "Intents those transactions carried."},
    {"somabrain_commit_rows_total", counter, "Rows they wrote, events included."},
    {"somabrain_commit_queue_intents", gauge, "Intents waiting for the committer."},
    {"somabrain_commit_retries_total", counter, "Transactions that had to be tried again."},
    {"somabrain_commit_unknown_total", counter, "Intents whose COMMIT was never answered."},
    {"somabrain_conductance_verdicts_total", counter,
     "Verdicts whose batch is done: flowed, or no_way (no links lead there, or too many).",
     "outcome"},
    {"somabrain_relay_active", gauge,
     "1: this relay carries events to Kafka; 0: another, or none."},
    {"somabrain_relay_events_total", counter, "Events carried to Kafka."},
    {"somabrain_relay_late_events_total", counter,
     "Events that reached Kafka more than 10 s after their time."},
    {"somabrain_relay_lag_events", gauge, "Events of the ledger that are not in Kafka yet."},
    {"somabrain_relay_lag_seconds", gauge, "Age of the oldest of them; 0: there is none."},
    {"somabrain_relay_failures_total", counter, "Times the relay had to begin anew."},
    {"somabrain_relay_batch_seconds",
     histogram,
     "One transaction, from first record to commit.",
     {},
     kLatency},
    {"somabrain_request_part_seconds", histogram,
     "Parts of a request: embedding the query, the search alone, waiting for the commit.", "part",
     kFineLatency},
    {"somabrain_embedder_cache_hits_total", counter, "Queries whose embedding was remembered."},
    {"somabrain_embedder_cache_misses_total", counter, "Queries that had to be embedded."},
    {"somabrain_index_resident_bytes", gauge, "Search structures of loaded tenants."},
    {"somabrain_index_resident_tenants", gauge, "Tenants loaded."},
    {"somabrain_index_memories_count", gauge, "Memories of loaded tenants."},
    {"somabrain_index_gaps_total", counter,
     "Times a tenant was loaded anew after a missed change."},
    {"somabrain_index_loads_total", counter, "Tenants loaded from PostgreSQL."},
    {"somabrain_index_evictions_total", counter, "Tenants unloaded for lack of room."},
    {"somabrain_math_density_trace_error_ratio", gauge,
     "Greatest |tr rho - 1| of a search since the start."},
    {"somabrain_math_density_negative_eigenvalue_ratio", gauge,
     "How far the smallest eigenvalue of rho was below 0 at worst since the start."},
    {"somabrain_math_pagerank_residual_ratio", gauge,
     "Greatest residual of PageRank over links in a search since the start."},
    {"somabrain_math_pagerank_sum_error_ratio", gauge,
     "Greatest |sum of ranks - 1| of a search since the start."},
    {"somabrain_math_bridge_margin_error_ratio", gauge,
     "Greatest L1 error of the bridge's marginals in a search since the start; +Inf: not found."},
    {"somabrain_math_kirchhoff_error_ratio", gauge,
     "How far currents over links missed Kirchhoff's law at worst since the start, as a share of "
     "what flows in."},
    {"somabrain_math_out_of_bounds_count", gauge,
     "Of one tenant's learnt weights how many were outside the law's bounds, at worst since the "
     "start."},
    {"somabrain_process_resident_bytes", gauge, "Resident memory of the process."},
    {"somabrain_process_cpu_seconds", gauge, "Processor time used, user and system."},
    {"somabrain_process_threads_count", gauge, "Threads of the process."},
};

}  // namespace

std::span<const Metric> catalog() {
    return kCatalog;
}

}  // namespace soma::telemetry
