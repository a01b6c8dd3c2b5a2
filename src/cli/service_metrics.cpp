#include "cli/service_metrics.h"

#include <algorithm>

#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::cli {
namespace {

using telemetry::metrics;

/// Totals counted elsewhere become counters here: each exposition adds what came since the last.
void advance(std::string_view name, std::uint64_t total,
             std::initializer_list<std::string_view> labels = {}) {
    auto& counter = metrics().counter(name, labels);
    counter.Increment(std::max(0.0, static_cast<double>(total) - counter.Value()));
}

void set(std::string_view name, std::size_t value) {
    metrics().gauge(name).Set(static_cast<double>(value));
}

void read_committer(const services::Committer& committer) {
    const auto counters = committer.counters();
    advance("somabrain_commit_groups_total", counters.groups);
    advance("somabrain_commit_intents_total", counters.intents);
    advance("somabrain_commit_rows_total", counters.rows);
    advance("somabrain_ledger_events_total", counters.events);
    advance("somabrain_commit_retries_total", counters.retries);
    advance("somabrain_commit_unknown_total", counters.unknown);
    set("somabrain_commit_queue_intents", counters.queued);
}

void read_index(const backends::Index& index) {
    const auto figures = index.figures();
    advance("somabrain_index_loads_total", figures.loads);
    advance("somabrain_index_evictions_total", figures.evictions);
    advance("somabrain_index_gaps_total", figures.gaps);
    set("somabrain_index_resident_bytes", figures.bytes);
    set("somabrain_index_resident_tenants", figures.tenants);
    set("somabrain_index_memories_count", figures.memories);
}

void read_gate(const services::Gate& gate) {
    for (std::size_t i = 0; i < domain::kTokenRefusalCount; ++i) {
        const auto reason = static_cast<domain::TokenRefusal>(i);
        advance("somabrain_identity_refusals_total", gate.refused_tokens(reason),
                {domain::refusal_name(reason)});
    }
    for (std::size_t i = 0; i < services::kLawOutcomeCount; ++i) {
        const auto outcome = static_cast<services::LawOutcome>(i);
        advance("somabrain_gate_law_outcomes_total", gate.outcomes(outcome),
                {services::outcome_name(outcome)});
    }
}

void read_buffer(const backends::AuditStream& buffer, const services::Replayer& replayer) {
    advance("somabrain_ledger_buffered_total", buffer.appended());
    const auto totals = replayer.totals();
    advance("somabrain_ledger_replayed_total", totals.written, {"written"});
    advance("somabrain_ledger_replayed_total", totals.known, {"known"});
    advance("somabrain_ledger_replayed_total", totals.aside, {"set_aside"});
    const auto health = replayer.health();
    set("somabrain_ledger_buffer_entries_count", health.waiting);
    set("somabrain_ledger_set_aside_entries_count", health.set_aside);
}

void read_queries(const backends::QueryCache& queries) {
    const auto figures = queries.stats();
    advance("somabrain_embedder_cache_hits_total", figures.hits);
    advance("somabrain_embedder_cache_misses_total", figures.misses);
}

}  // namespace

void watch(const Watched& watched) {
    metrics().before_text([watched] {
        read_committer(watched.committer);
        read_index(watched.index);
        read_gate(watched.gate);
        read_queries(watched.queries);
        read_buffer(watched.buffer, watched.replayer);
        set("somabrain_server_connections_count", watched.api.connections());
        set("somabrain_server_queue_requests", watched.api.queued());
        set("somabrain_grpc_calls_count", watched.rpc == nullptr ? 0 : watched.rpc->calls());
        set("somabrain_grpc_queue_requests", watched.rpc == nullptr ? 0 : watched.rpc->queued());
    });
}

void count_answer(const server::Answered& answered) {
    constexpr int first_server_error = 500;
    const bool is_rpc = !answered.grpc_code.empty();
    const std::string status =
        is_rpc ? std::string(answered.grpc_code) : std::to_string(answered.status);
    const std::string_view method = answered.method.empty() ? "none" : answered.method;
    metrics()
        .counter(is_rpc ? "somabrain_grpc_requests_total" : "somabrain_server_requests_total",
                 {method, status})
        .Increment();
    const std::chrono::duration<double> seconds = answered.elapsed;
    metrics()
        .histogram(is_rpc ? "somabrain_grpc_request_duration_seconds"
                          : "somabrain_server_request_duration_seconds",
                   {method})
        .Observe(seconds.count());
    if (answered.status >= first_server_error) {
        telemetry::log(telemetry::Level::error, "request failed",
                       {{"method", answered.method},
                        {"status", answered.status},
                        {"request_id", answered.request_id},
                        {"detail", answered.detail}});
    }
}

}  // namespace soma::cli
