#include "cli/service.h"

#include <thread>

#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "backends/postgres/audit/audit_log.h"
#include "backends/postgres/constitution/laws.h"
#include "backends/postgres/learning/learning_weights.h"
#include "backends/postgres/memory/erasures.h"
#include "backends/postgres/memory/feedback.h"
#include "backends/postgres/memory/flow_verdicts.h"
#include "backends/postgres/memory/links.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/memory/sessions.h"
#include "backends/postgres/schema/migrations.h"
#include "backends/postgres/tenant/tenants.h"
#include "backends/redis/audit_stream.h"
#include "cli/service_metrics.h"
#include "cli/wiring.h"
#include "cli/witness/witness_wiring.h"
#include "server/api_site.h"
#include "server/grpc/grpc_listener.h"
#include "server/http_server.h"
#include "server/operations_site.h"
#include "services/audit/audit.h"
#include "services/commit/committer.h"
#include "services/constitution/lawbook.h"
#include "services/constitution/lawmaking.h"
#include "services/erasure/erasure.h"
#include "services/evaluate/evaluate.h"
#include "services/evaluate/replay.h"
#include "services/feedback/feedback.h"
#include "services/gate/gate.h"
#include "services/jobs/jobs.h"
#include "services/learning/learning.h"
#include "services/ledger/checkpointer.h"
#include "services/link/link.h"
#include "services/plan/plan.h"
#include "services/recall/recall.h"
#include "services/remember/remember.h"
#include "services/replay/replayer.h"
#include "services/search/load.h"
#include "services/search/search.h"
#include "services/session/session.h"
#include "services/write/writer.h"
#include "telemetry/log.h"

namespace soma::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kProbeTime{500};
constexpr milliseconds kStopGrace{10'000};
/// At the start; without object storage it is a degraded one.
constexpr milliseconds kStorageTime{5'000};

services::KeyringLimits keyring_limits(const config::Config& config) {
    services::KeyringLimits limits;
    limits.subjects = static_cast<std::size_t>(config.key_cache_entries);
    limits.max_age = seconds(config.key_cache_seconds);
    return limits;
}

backends::IndexLimits index_limits(const config::Config& config) {
    backends::IndexLimits limits;
    limits.bytes = static_cast<std::size_t>(config.index_budget_mib) << 20;
    return limits;
}

services::EraserLimits eraser_limits(const config::Config& config) {
    services::EraserLimits limits;
    limits.snapshots = std::chrono::hours(config.vault_snapshot_hours);
    limits.copies = seconds(config.working_memory_ttl_seconds);
    return limits;
}

server::ListenerLimits api_limits(const config::Config& config) {
    server::ListenerLimits limits;
    limits.worker_threads = config.worker_threads;
    limits.queue_length = static_cast<std::size_t>(config.queue_length);
    limits.max_connections = static_cast<std::size_t>(config.max_connections);
    return limits;
}

server::GrpcLimits grpc_limits(const config::Config& config) {
    server::GrpcLimits limits;
    limits.worker_threads = config.worker_threads;
    limits.queue_length = static_cast<std::size_t>(config.queue_length);
    return limits;
}

services::CommitterOptions committer_options(const config::Config& config,
                                             backends::AuditStream& buffer) {
    services::CommitterOptions options;
    options.buffer = &buffer;
    options.idempotency_lifetime = std::chrono::hours(config.idempotency_hours);
    if (!config.commit_trace_file.empty()) {
        // For crash drills: one line just before COMMIT leaves and one after it is answered.
        options.trace = trace_file(config.commit_trace_file);
    }
    return options;
}

}  // namespace

/// Members in the order of construction: each may use those above it.
struct Service::Parts {
    explicit Parts(const config::Config& c)
        : config(c),
          embedder(make_embedder(c)),
          queries(*embedder, static_cast<std::size_t>(c.query_cache_entries)),
          pool(app_login(c), static_cast<std::size_t>(c.postgres_connections)),
          vault(vault_config(c)),
          cache(redis_config(c)),
          buffer(buffer_config(c)),
          objects(object_store_config(c)),
          snapshots(objects, std::chrono::days(c.s3_retention_days)),
          tiles(objects, std::chrono::days(c.s3_retention_days)),
          witnessing(witnessing_settings(c), app_login(c)),
          checkpointer({}, app_login(c), vault, tiles, witnessing),
          keeper(keeper_settings(c), laws, law_mark, cache, archive, law),
          verifier(issuers(c)),
          keyring(vault, keyring_limits(c)),
          index(services::TenantLoader(tenants, memories, keyring), index_limits(c)),
          committer(app_login(c), committer_options(c, buffer)),
          working_memory(cache, sessions, keyring, seconds(c.working_memory_ttl_seconds)),
          writer(keyring, committer, working_memory, ids),
          gate(verifier, directory, law, committer, ids),
          preparer(keyring, *embedder, ids),
          searcher(index, memories, *embedder, queries, parts),
          remember(preparer, writer, working_memory),
          recall(searcher, weights, memories, keyring, committer, ids, parts),
          evaluate(searcher, weights, working_memory, keyring, *embedder, committer, ids, parts,
                   std::chrono::hours(c.evaluation_ttl_hours)),
          replay(evaluations, memories, working_memory, keyring, *embedder, committer, ids),
          planner(memories, weights, keyring, *embedder, committer, ids),
          feedback(evaluations, feedback_events, keyring, writer, ids),
          learning(learning_weights, weights, writer),
          session(keyring, writer, working_memory),
          link(links, memories, keyring, writer),
          eraser(erasures, tenants, vault, index, queries, keyring, committer, working_memory, ids,
                 law, eraser_limits(c)),
          erasure(eraser, erasures, keyring, committer, writer, ids),
          audit(audit_log, writer),
          lawmaking(keeper, laws, committer, ids),
          lawbook(keeper, laws, committer, ids),
          conductor(flow_verdicts, links, tenants, committer, ids, law),
          jobs(maintenance, committer, tenants, eraser, conductor, ids, law,
               {.partition_rows = static_cast<std::uint64_t>(c.events_partition_rows)}),
          routes(server::contract_services()) {
        committer.on_committed([this](const auto& change) { index.apply(change); });
        committer.on_committed([this](const auto& change) { weights.apply(change); });
        bind_routes();
        bind_constitution_routes();
    }

    void bind_routes();
    void bind_constitution_routes();
    void stop_listening();
    server::Pipeline pipeline();
    server::ReadyReport ready();
    server::Part ready_postgres(bool is_lawful);
    server::Part ready_buffer() const;
    server::Part ready_ledger() const;
    server::Part ready_witness() const;

    config::Config config;
    UuidGenerator ids;
    telemetry::Parts parts;
    std::unique_ptr<backends::Embedder> embedder;
    backends::QueryCache queries;
    backends::ConnectionPool pool;
    backends::Tenants tenants{pool, configured_modules(config)};
    backends::Memories memories{pool};
    backends::Evaluations evaluations{pool};
    backends::FeedbackEvents feedback_events{pool};
    backends::LearningWeights learning_weights{pool};
    backends::Sessions sessions{pool};
    backends::Links links{pool};
    backends::FlowVerdicts flow_verdicts{pool};
    backends::Erasures erasures{pool};
    backends::Laws laws{pool};
    backends::AuditLog audit_log{pool};
    backends::Maintenance maintenance{pool};
    backends::Vault vault;
    backends::LawMark law_mark{vault};
    backends::RedisCache cache;
    backends::AuditStream buffer;
    backends::ObjectStore objects;
    services::LawSnapshots snapshots;
    services::LawArchive archive{snapshots, laws};
    services::TileArchive tiles;
    services::Witnessing witnessing;
    services::Checkpointer checkpointer;
    services::LawInForce law;
    services::LawKeeper keeper;
    backends::TokenVerifier verifier;
    services::Keyring keyring;
    backends::Index index;
    services::Committer committer;
    services::WorkingMemoryStore working_memory;
    services::Writer writer;
    services::TenantDirectory directory{tenants, committer.outage()};
    services::Replayer replayer{buffer, tenants, committer};
    services::Gate gate;
    services::Preparer preparer;
    services::Searcher searcher;
    services::Weights weights{learning_weights};
    services::Remember remember;
    services::Recall recall;
    services::Evaluate evaluate;
    services::Replay replay;
    services::Planner planner;
    services::Feedback feedback;
    services::Learning learning;
    services::Session session;
    services::Link link;
    services::Eraser eraser;
    services::Erasure erasure;
    services::Audit audit;
    services::Lawmaking lawmaking;
    services::Lawbook lawbook;
    services::Conductor conductor;
    services::Jobs jobs;
    server::Routes routes;
    std::unique_ptr<server::Corridor> corridor;
    std::unique_ptr<server::HttpListener> api;
    std::unique_ptr<server::GrpcListener> rpc;  ///< null: not served
    std::unique_ptr<server::HttpListener> operations;
};

void Service::Parts::bind_routes() {
    using namespace services;
    routes.bind("somabrain.v1.Memory.Remember", remember, &Remember::one);
    routes.bind("somabrain.v1.Memory.RememberBatch", remember, &Remember::batch);
    routes.bind("somabrain.v1.Memory.DeleteMemory", remember, &Remember::forget);
    routes.bind("somabrain.v1.Memory.Recall", recall, &Recall::recall);
    routes.bind("somabrain.v1.Memory.GetMemory", recall, &Recall::get);
    routes.bind("somabrain.v1.Memory.ListMemories", recall, &Recall::list);
    routes.bind("somabrain.v1.Memory.MemoryHistory", recall, &Recall::history);
    routes.bind("somabrain.v1.Memory.Link", link, &Link::put);
    routes.bind("somabrain.v1.Memory.GetLinks", link, &Link::list);
    routes.bind("somabrain.v1.Brain.Evaluate", evaluate, &Evaluate::evaluate);
    routes.bind("somabrain.v1.Brain.Replay", replay, &Replay::replay);
    routes.bind("somabrain.v1.Brain.Plan", planner, &Planner::plan);
    routes.bind("somabrain.v1.Brain.Feedback", feedback, &Feedback::add);
    routes.bind("somabrain.v1.Brain.GetWeights", learning, &Learning::get);
    routes.bind("somabrain.v1.Brain.WeightsHistory", learning, &Learning::history);
    routes.bind("somabrain.v1.Brain.RollBackWeights", learning, &Learning::roll_back);
    routes.bind("somabrain.v1.Brain.EndSession", session, &Session::end);
    routes.bind("somabrain.v1.Subjects.EraseSubject", erasure, &Erasure::erase);
    routes.bind("somabrain.v1.Subjects.GetErasure", erasure, &Erasure::get);
    routes.bind("somabrain.v1.Audit.ListAuditEvents", audit, &Audit::events);
    routes.bind("somabrain.v1.Audit.ProveAuditEvent", audit, &Audit::prove);
    routes.bind("somabrain.v1.Audit.ListCheckpoints", audit, &Audit::checkpoints);
}

void Service::Parts::bind_constitution_routes() {
    using namespace services;
    routes.bind("somabrain.v1.Constitution.Propose", lawmaking, &Lawmaking::propose);
    routes.bind("somabrain.v1.Constitution.SignProposal", lawmaking, &Lawmaking::sign);
    routes.bind("somabrain.v1.Constitution.ActivateProposal", lawmaking, &Lawmaking::activate);
    routes.bind("somabrain.v1.Constitution.GetConstitution", lawbook, &Lawbook::newest);
    routes.bind("somabrain.v1.Constitution.GetConstitutionVersion", lawbook, &Lawbook::version);
    routes.bind("somabrain.v1.Constitution.ListConstitutionVersions", lawbook, &Lawbook::versions);
    routes.bind("somabrain.v1.Constitution.DiffConstitution", lawbook, &Lawbook::diff);
    routes.bind("somabrain.v1.Constitution.ListProposals", lawbook, &Lawbook::proposals);
    routes.bind("somabrain.v1.Constitution.GetProposal", lawbook, &Lawbook::proposal);
}

server::Pipeline Service::Parts::pipeline() {
    return {
        .admit = [this](const auto& context) { return gate.admit(context); },
        .judge = [this](const auto& admission,
                        auto& request) { return gate.judge(admission, request); },
        .refused = [this](const auto& context, const auto& admission, const Error& error,
                          int status) { gate.record_refusal(context, admission, error, status); },
        .answered = [](const server::Answered& answered) { count_answer(answered); }};
}

server::ReadyReport Service::Parts::ready() {
    using server::PartState;
    server::ReadyReport report;
    const std::string lawless = law.why_not(wall_clock_now());
    report.parts.push_back(ready_postgres(lawless.empty()));
    report.parts.push_back(ready_buffer());
    const std::string sealed = vault.trouble(Deadline(kProbeTime));
    // Keys already unwrapped keep most requests going while OpenBao is away.
    report.parts.push_back(
        {"openbao", sealed.empty() ? PartState::ok : PartState::degraded, sealed});
    const bool cached = cache.probe();
    report.parts.push_back({"redis", cached ? PartState::ok : PartState::degraded,
                            cached ? "" : "not answering: working memory comes from PostgreSQL"});
    const std::string unverified = keeper.trouble();
    // Without a law in force every request but its own is refused; until then a trouble is a
    // warning.
    report.parts.push_back({"constitution",
                            !lawless.empty()     ? PartState::down
                            : unverified.empty() ? PartState::ok
                                                 : PartState::degraded,
                            unverified.empty() ? lawless : unverified});
    const auto archived = archive.health();
    report.parts.push_back(
        {"object_storage", archived.trouble.empty() ? PartState::ok : PartState::degraded,
         archived.trouble.empty()
             ? ""
             : archived.trouble + "; snapshots of the law owed: " + std::to_string(archived.owed)});
    report.parts.push_back(ready_ledger());
    report.parts.push_back(ready_witness());
    return report;
}

/// Reads of loaded tenants go on without it, as long as the buffer takes their events.
server::Part Service::Parts::ready_postgres(bool is_lawful) {
    try {
        pool.run(Deadline(kProbeTime), [](backends::Connection& connection) {
            backends::check_schema(connection, Deadline(kProbeTime));
        });
        return {"postgres", server::PartState::ok, ""};
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::unavailable && is_lawful && buffer.usable()) {
            return {
                "postgres", server::PartState::degraded,
                error.public_message() + "; recalls of loaded tenants go on, the rest gets 503"};
        }
        return {"postgres", server::PartState::down, error.public_message()};
    }
}

server::Part Service::Parts::ready_buffer() const {
    const auto health = replayer.health();
    std::string reason = buffer.usable() ? "" : "not answering, or full";
    if (health.waiting > 0 && !health.trouble.empty()) {
        reason += (reason.empty() ? "" : "; ") + std::to_string(health.waiting) +
                  " entries wait: " + health.trouble;
    }
    if (health.set_aside > 0) {
        reason += (reason.empty() ? "" : "; ") + std::to_string(health.set_aside) +
                  " entries are no events: soma:audit:aside";
    }
    return {"buffer", reason.empty() ? server::PartState::ok : server::PartState::degraded, reason};
}

server::Part Service::Parts::ready_ledger() const {
    const auto ledger = checkpointer.health();
    const std::string trouble = ledger.trouble.empty() ? ledger.archive_trouble : ledger.trouble;
    if (trouble.empty()) {
        return {"ledger", server::PartState::ok, ""};
    }
    return {"ledger", server::PartState::degraded,
            trouble + "; leaves without a checkpoint: " + std::to_string(ledger.owed_leaves) +
                "; tiles owed: " + std::to_string(ledger.owed_tiles)};
}

server::Part Service::Parts::ready_witness() const {
    const auto asked = witnessing.health();
    if (asked.trouble.empty()) {
        return {"witness", server::PartState::ok,
                witnessing.has_witness() ? "" : "none is configured: SOMABRAIN_WITNESS_URL"};
    }
    return {"witness", server::PartState::degraded,
            asked.trouble + "; leaves it has cosigned: " + std::to_string(asked.witnessed_leaves)};
}

Service::Service(const config::Config& config) : parts_(std::make_unique<Parts>(config)) {}

Service::~Service() = default;

void Service::start() {
    auto& p = *parts_;
    const Deadline deadline(seconds(10));
    p.pool.run(deadline, [&deadline](backends::Connection& connection) {
        backends::check_schema(connection, deadline);
    });
    p.committer.start();
    // Before anything listens: a law that does not verify is no start.
    p.archive.round(*p.keeper.chain(), Deadline(kStorageTime));
    p.keeper.refresh(deadline);
    p.keeper.start();
    p.jobs.start();
    p.witnessing.start();
    p.checkpointer.start();
    p.replayer.start();
    p.operations = std::make_unique<server::HttpListener>(
        server::make_operations_site([&p] { return p.ready(); },
                                     [] { return telemetry::metrics().text(); }),
        operations_limits());
    p.corridor = std::make_unique<server::Corridor>(p.routes, p.pipeline(),
                                                    milliseconds(p.config.request_deadline_ms));
    p.api = std::make_unique<server::HttpListener>(server::make_api_site(*p.corridor),
                                                   api_limits(p.config));
    if (p.config.grpc_port != 0) {
        p.rpc = std::make_unique<server::GrpcListener>(*p.corridor, server::rpc_services(),
                                                       grpc_limits(p.config));
    }
    watch({.index = p.index,
           .committer = p.committer,
           .gate = p.gate,
           .queries = p.queries,
           .buffer = p.buffer,
           .replayer = p.replayer,
           .api = *p.api,
           .rpc = p.rpc.get()});
    p.operations->start(p.config.ops_address, static_cast<std::uint16_t>(p.config.ops_port));
    p.api->start(p.config.listen_address, static_cast<std::uint16_t>(p.config.http_port));
    telemetry::log(telemetry::Level::info, "serving", {{"port", p.config.http_port}});
    if (p.rpc) {
        p.rpc->start(p.config.listen_address, static_cast<std::uint16_t>(p.config.grpc_port));
        telemetry::log(telemetry::Level::info, "serving gRPC", {{"port", p.config.grpc_port}});
    }
}

/// Both at once: neither waits for the other's callers.
void Service::Parts::stop_listening() {
    std::thread other([this] {
        if (rpc) {
            rpc->stop(kStopGrace);
        }
    });
    api->stop(kStopGrace);
    other.join();
}

void Service::stop() {
    auto& p = *parts_;
    p.stop_listening();
    p.jobs.stop();
    p.replayer.stop();
    p.checkpointer.stop();
    p.witnessing.stop();
    p.keeper.stop();
    p.committer.stop();
    p.operations->stop(milliseconds(0));
}

}  // namespace soma::cli
