#pragma once
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/embedder/local_embedder.h"
#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "backends/postgres/learning/learning_weights.h"
#include "backends/postgres/memory/erasures.h"
#include "backends/postgres/memory/evaluations.h"
#include "backends/postgres/memory/feedback.h"
#include "backends/postgres/memory/flow_verdicts.h"
#include "backends/postgres/memory/links.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/memory/sessions.h"
#include "backends/redis/cache.h"
#include "backends/vault/vault.h"
#include "base/crypto.h"
#include "base/error.h"
#include "services/commit/committer.h"
#include "services/conductance/conductor.h"
#include "services/erasure/erasure.h"
#include "services/evaluate/evaluate.h"
#include "services/evaluate/replay.h"
#include "services/feedback/feedback.h"
#include "services/gate/gate.h"
#include "services/learning/learning.h"
#include "services/link/link.h"
#include "services/recall/recall.h"
#include "services/remember/remember.h"
#include "services/search/load.h"
#include "services/search/search.h"
#include "services/session/session.h"
#include "services/tenant/create.h"
#include "services/write/writer.h"
#include "support/postgres/postgres_cluster.h"
#include "support/stack.h"
#include "telemetry/parts.h"

namespace soma::test {

inline backends::VaultConfig stack_vault() {
    backends::VaultConfig config;
    config.address = stack().vault_address();
    config.role_id_file = stack().vault_role_id_file;
    config.secret_id_file = stack().vault_secret_id_file;
    return config;
}

inline backends::RedisConfig stack_redis() {
    backends::RedisConfig config;
    config.host = stack().redis_host;
    config.port = stack().redis_port;
    config.password = stack().redis_password;
    // A crowded machine must not turn a slow answer into a miss: tests say themselves when Redis is
    // away.
    config.connect_timeout = config.command_timeout = std::chrono::seconds(5);
    return config;
}

/// The model, loaded once for a test program.
inline backends::LocalEmbedder& embedder() {
    static backends::LocalEmbedder model([] {
        backends::LocalEmbedderOptions options;
        options.directory = stack().model_dir;
        options.threads = 1;
        return options;
    }());
    return model;
}

/// The stories wired as the program wires them, over the test program's own PostgreSQL, the
/// stack's OpenBao and Redis, and the real model. Requests go to the services as the server would
/// send them: admitted and decoded.
class LivingCore {
  public:
    static constexpr std::chrono::seconds kRecordLifetime{3600};

    explicit LivingCore(const backends::RedisConfig& redis = stack_redis()) : cache(redis) {
        laws.put(law(), std::chrono::steady_clock::now() + std::chrono::hours(1));
        committer.on_committed([this](const auto& change) { index.apply(change); });
        committer.on_committed([this](const auto& change) { weights.apply(change); });
        committer.start();
    }

    /// The law of these tests: it allows everything.
    static std::shared_ptr<const services::EnforcedLaw> law() {
        static const auto allowing = [] {
            domain::Constitution text;
            text.version = 7;
            text.expires_at = Time::max();
            text.utility = {.baseline = 1, .confidence = 1, .cost = 0.01, .latency = 0.01};
            text.bounds.parameters = {
                {{0.1, 10}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0.01, 10}}};
            text.rules = {{"all", "isolation", {}, domain::Allow{}}};
            const domain::RuleSet rules(text.rules);
            return std::make_shared<const services::EnforcedLaw>(
                services::EnforcedLaw{text.version, std::string(64, 'h'), text, rules});
        }();
        return allowing;
    }

    /// A tenant whose texts the model embeds.
    backends::TenantRow tenant() {
        return make({std::string(embedder().model()), static_cast<int>(embedder().dimension())});
    }
    /// A tenant that brings its own vectors.
    backends::TenantRow own_vectors(int dimension) { return make({"given", dimension}); }
    backends::TenantRow make(const services::TenantModel& model) {
        const Uuid id = ids.next(wall_clock_now());
        return services::create_tenant(owned_tenants, keyring, id, id.to_string(), model,
                                       wall_clock_now(), soon());
    }

    static Deadline soon() { return Deadline(std::chrono::seconds(30)); }
    /// `method` as in "Memory.Remember".
    static services::RequestContext request(const std::string& method,
                                            Time now = wall_clock_now()) {
        return {.method = "somabrain.v1." + method,
                .bearer_token = {},
                .idempotency_key = {},
                .telemetry_ref = "run-7",
                .request_id = "request",
                .trace_id = {},
                .now = now,
                .deadline = soon()};
    }
    static services::Admission admitted(const backends::TenantRow& tenant,
                                        const services::RequestContext& context) {
        return {{.tenant = tenant.id,
                 .actor = "tester",
                 .roles = {domain::Role::admin},
                 .expires_at = context.now},
                tenant,
                services::endpoint_of(context.method),
                law()};
    }

    somabrain::v1::RememberResponse remember(const backends::TenantRow& tenant,
                                             const somabrain::v1::RememberRequest& item) {
        const auto context = request("Memory.Remember");
        return stories.one(context, admitted(tenant, context), item);
    }
    somabrain::v1::RememberResponse remember(const backends::TenantRow& tenant,
                                             const std::string& text,
                                             const std::string& session = {}) {
        somabrain::v1::RememberRequest item;
        item.set_text(text);
        item.set_session_id(session);
        return remember(tenant, item);
    }
    somabrain::v1::DeleteMemoryResponse forget(const backends::TenantRow& tenant,
                                               const std::string& id) {
        somabrain::v1::DeleteMemoryRequest asked;
        asked.set_id(id);
        const auto context = request("Memory.DeleteMemory");
        return stories.forget(context, admitted(tenant, context), asked);
    }
    somabrain::v1::RecallResponse recall(const backends::TenantRow& tenant,
                                         const somabrain::v1::RecallRequest& asked,
                                         Time now = wall_clock_now()) {
        const auto context = request("Memory.Recall", now);
        return reading.recall(context, admitted(tenant, context), asked);
    }
    somabrain::v1::MemoryRecord get(const backends::TenantRow& tenant, const std::string& id,
                                    Time now = wall_clock_now()) {
        somabrain::v1::GetMemoryRequest asked;
        asked.set_id(id);
        const auto context = request("Memory.GetMemory", now);
        return reading.get(context, admitted(tenant, context), asked);
    }
    somabrain::v1::ListMemoriesResponse list(const backends::TenantRow& tenant,
                                             const somabrain::v1::ListMemoriesRequest& asked,
                                             Time now = wall_clock_now()) {
        const auto context = request("Memory.ListMemories", now);
        return reading.list(context, admitted(tenant, context), asked);
    }
    somabrain::v1::MemoryHistoryResponse history(const backends::TenantRow& tenant,
                                                 const somabrain::v1::MemoryHistoryRequest& asked) {
        const auto context = request("Memory.MemoryHistory");
        return reading.history(context, admitted(tenant, context), asked);
    }
    somabrain::v1::EvaluateResponse evaluate(const backends::TenantRow& tenant,
                                             const somabrain::v1::EvaluateRequest& asked) {
        const auto context = request("Brain.Evaluate");
        return judging.evaluate(context, admitted(tenant, context), asked);
    }
    somabrain::v1::EvaluateResponse evaluate(const backends::TenantRow& tenant,
                                             const std::string& query,
                                             const std::string& session = {}) {
        somabrain::v1::EvaluateRequest asked;
        asked.set_query(query);
        asked.set_session_id(session);
        return evaluate(tenant, asked);
    }

    somabrain::v1::EvaluateResponse replay(const backends::TenantRow& tenant, const std::string& id,
                                           Time now = wall_clock_now()) {
        somabrain::v1::ReplayRequest asked;
        asked.set_id(id);
        const auto context = request("Brain.Replay", now);
        return replaying.replay(context, admitted(tenant, context), asked);
    }

    somabrain::v1::FeedbackResponse add_feedback(const backends::TenantRow& tenant,
                                                 const somabrain::v1::FeedbackRequest& said,
                                                 Time now = wall_clock_now()) {
        const auto context = request("Brain.Feedback", now);
        return feedback.add(context, admitted(tenant, context), said);
    }

    somabrain::v1::Erasure erase(const backends::TenantRow& tenant, const std::string& subject,
                                 const std::string& idempotency_key = {}) {
        somabrain::v1::EraseSubjectRequest asked;
        asked.set_id(subject);
        auto context = request("Subjects.EraseSubject");
        context.idempotency_key = idempotency_key;
        return erasing.erase(context, admitted(tenant, context), asked);
    }
    somabrain::v1::Erasure erasure(const backends::TenantRow& tenant, const std::string& id) {
        somabrain::v1::GetErasureRequest asked;
        asked.set_id(id);
        const auto context = request("Subjects.GetErasure");
        return erasing.get(context, admitted(tenant, context), asked);
    }

    somabrain::v1::EndSessionResponse end_session(const backends::TenantRow& tenant,
                                                  const std::string& id,
                                                  const std::string& idempotency_key = {}) {
        somabrain::v1::EndSessionRequest asked;
        asked.set_id(id);
        auto context = request("Brain.EndSession");
        context.idempotency_key = idempotency_key;
        return sessions_story.end(context, admitted(tenant, context), asked);
    }

    /// The bodies of the tenant's events in the order of the log.
    std::vector<boost::json::object> events(const Uuid& tenant) {
        static constexpr backends::Statement kRead{
            "test_events", "SELECT body FROM events WHERE tenant = $1::uuid ORDER BY log_index"};
        const auto connection = backends::Connection::open(world.cluster.superuser(), soon());
        const auto result = connection->run(kRead, backends::Params().add(tenant), soon());
        std::vector<boost::json::object> bodies;
        for (int row = 0; row < result.rows(); ++row) {
            bodies.push_back(boost::json::parse(result.row(row).bytes(0)).as_object());
        }
        return bodies;
    }

    PostgresWorld& world = PostgresWorld::shared();
    UuidGenerator ids;
    services::LawInForce laws;
    telemetry::Parts parts;
    backends::Tenants tenants{world.app};
    backends::Tenants owned_tenants{world.owner};
    backends::Memories memories{world.app};
    backends::Evaluations evaluations{world.app};
    backends::FeedbackEvents feedback_events{world.app};
    backends::LearningWeights learning_weights{world.app};
    backends::Sessions sessions{world.app};
    backends::Links links{world.app};
    backends::FlowVerdicts flow_verdicts{world.app};
    backends::Vault vault{stack_vault()};
    backends::RedisCache cache;
    services::Keyring keyring{vault};
    backends::QueryCache queries{embedder(), 100};
    backends::Index index{services::TenantLoader(tenants, memories, keyring), {}};
    services::Committer committer{world.cluster.app()};
    services::WorkingMemoryStore working_memory{cache, sessions, keyring,
                                                std::chrono::seconds(600)};
    services::Writer writer{keyring, committer, working_memory, ids};
    services::Preparer preparer{keyring, embedder(), ids};
    services::Searcher searcher{index, memories, embedder(), queries, parts};
    services::Remember stories{preparer, writer, working_memory};
    services::Weights weights{learning_weights};
    services::Recall reading{searcher, weights, memories, keyring, committer, ids, parts};
    services::Evaluate judging{searcher,  weights, working_memory, keyring,        embedder(),
                               committer, ids,     parts,          kRecordLifetime};
    services::Replay replaying{evaluations, memories, working_memory, keyring, embedder(),
                               committer,   ids};
    services::Feedback feedback{evaluations, feedback_events, keyring, writer, ids};
    services::Learning learning{learning_weights, weights, writer};
    services::Session sessions_story{keyring, writer, working_memory};
    services::Link linking{links, memories, keyring, writer};
    backends::Erasures erasures{world.app};
    services::Eraser eraser{erasures,  tenants,        vault, index, queries, keyring,
                            committer, working_memory, ids,   laws,  {}};
    services::Conductor conductor{flow_verdicts, links, tenants, committer, ids, laws};
    services::Erasure erasing{eraser, erasures, keyring, committer, writer, ids};
};

/// The Error that `act` throws, or nullopt when it throws none.
template <class Act>
std::optional<Error> error_of(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

/// Fails unless `act` throws an Error of this kind at this field.
template <class Act>
void expect_error(ErrorKind kind, const std::string& field, Act act) {
    const auto error = error_of(act);
    ASSERT_TRUE(error.has_value()) << "nothing was thrown";
    EXPECT_EQ(error->kind(), kind) << error->public_message() << ": " << error->detail();
    EXPECT_EQ(error->field(), field) << error->public_message();
}

}  // namespace soma::test
