#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/postgres/learning/learning_columns.h"
#include "backends/postgres/ledger/ledger_transaction.h"
#include "backends/postgres/memory/links.h"
#include "backends/postgres/statements.h"
#include "base/error.h"

namespace soma::backends {
namespace {

using domain::Findings;
using domain::TenantFindings;
using domain::TenantQuestions;

// Sorted before it is locked: two committers that share tenants never wait for each other in a
// circle.
constexpr Statement kLockStreams{
    "lock_streams",
    "SELECT id, sequence FROM streams WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"};
constexpr Statement kLockLog{"lock_log", "SELECT log_id, size FROM log FOR UPDATE"};
// A statement of its own, so that it sees what was committed before the log's lock was given.
constexpr Statement kEventsSeen{"read_events_seen", "SELECT events_seen($1::uuid[])"};
constexpr Statement kAnswers{
    "read_answers",
    "WITH expired AS (DELETE FROM idempotency_keys"
    "  WHERE tenant = $1::uuid AND key_hmac = ANY ($2::bytea[]) AND created_at <= $3::timestamptz)"
    " SELECT key_hmac, request_digest, answer FROM idempotency_keys"
    " WHERE tenant = $1 AND key_hmac = ANY ($2) AND created_at > $3"};
constexpr Statement kHolders{"read_holders",
                             "SELECT key_hmac, id, valid_from, valid_to FROM memories"
                             " WHERE tenant = $1::uuid AND key_hmac = ANY ($2::bytea[])"
                             " AND superseded_by IS NULL"};
constexpr Statement kTargets{
    "read_targets", "SELECT id FROM memories WHERE tenant = $1::uuid AND id = ANY ($2::uuid[])"};
constexpr Statement kTurns{
    "read_turns",
    "SELECT s.hmac, (SELECT max(turn) FROM memories m"
    " WHERE m.tenant = $1::uuid AND m.session_hmac = s.hmac) FROM unnest($2::bytea[]) AS s (hmac)"};

constexpr Statement kLinks{
    "read_links",
    "SELECT l.from_id, l.to_id, l.type, l.weight, l.reinforced_at, l.created_at, l.sequence,"
    " l.log_index, l.gain FROM links l JOIN unnest($2::uuid[], $3::uuid[], $4::text[])"
    " AS k (from_id, to_id, type) USING (from_id, to_id, type) WHERE l.tenant = $1::uuid"};
constexpr Statement kLinkEnds{
    "read_link_ends",
    "SELECT m.id, m.expires_at, f.links + t.links, f.co_used + t.co_used FROM memories m,"
    " LATERAL (SELECT count(*) FILTER (WHERE type <> 'co_used') AS links,"
    "   count(*) FILTER (WHERE type = 'co_used') AS co_used"
    "   FROM links l WHERE l.tenant = $1::uuid AND l.from_id = m.id) f,"
    " LATERAL (SELECT count(*) FILTER (WHERE type <> 'co_used') AS links,"
    "   count(*) FILTER (WHERE type = 'co_used') AS co_used"
    "   FROM links l WHERE l.tenant = $1 AND l.to_id = m.id) t"
    " WHERE m.tenant = $1 AND m.id = ANY ($2::uuid[])"};
constexpr Statement kVerdicts{
    "read_verdicts",
    "SELECT sequence FROM flow_verdicts WHERE tenant = $1::uuid AND sequence = ANY ($2::bigint[])"};

constexpr Statement kErasedKeys{
    "read_erased_keys",
    "SELECT key_id FROM erasures WHERE tenant = $1::uuid AND key_id = ANY ($2::bytea[])"};
constexpr Statement kErasure{
    "read_erasure_state",
    "SELECT id, state FROM erasures WHERE tenant = $1::uuid AND (id = $2::uuid"
    " OR key_id = $3::bytea)"};
constexpr Statement kMemoriesLeft{"read_memories_left",
                                  "SELECT id FROM memories WHERE tenant = $1::uuid"
                                  " AND subject_hmac = $2::bytea LIMIT $3::int"};
constexpr Statement kEvaluationsLeft{"read_evaluations_left",
                                     "SELECT id FROM evaluations WHERE tenant = $1::uuid"
                                     " AND subject_hmac = $2::bytea LIMIT $3::int"};
constexpr Statement kFeedbackLeft{"read_feedback_left",
                                  "SELECT evaluation_id FROM feedback_events"
                                  " WHERE tenant = $1::uuid AND subject_hmac = $2::bytea"
                                  " LIMIT $3::int"};

// Under the lock of the tenant's `state` stream, which every writer of these rows holds.
constexpr Statement kLearning{
    "read_learning",
    "WITH newest AS (SELECT version, chart_versions FROM learning_weights WHERE tenant = $1::uuid"
    " ORDER BY version DESC LIMIT 1)"
    " SELECT" SOMA_LEARNT_COLUMNS
    "FROM learning_weights w, newest n WHERE w.tenant = $1"
    " AND (w.version = n.version OR w.version = ANY (n.chart_versions)"
    " OR w.version = $2::bigint OR w.version = n.version - $3::bigint) ORDER BY w.version"};

constexpr Statement kLockLaw{"lock_law",
                             "SELECT version, hash FROM constitution_pointer FOR UPDATE"};
constexpr Statement kLawDocument{
    "read_law_document", "SELECT document FROM constitution_versions WHERE hash = $1::bytea"};
constexpr Statement kLawSignatures{
    "read_law_signatures",
    "SELECT public_key, signature FROM constitution_signatures WHERE hash = $1::bytea"
    " ORDER BY public_key"};
constexpr Statement kOpenProposals{
    "read_open_proposals",
    "SELECT count(*) FROM constitution_versions WHERE activated_at IS NULL"
    " AND version > (SELECT version FROM constitution_pointer)"};

std::vector<std::optional<std::string_view>> views(const std::set<std::string>& values) {
    return {values.begin(), values.end()};
}

void read_answers(const Result& result, TenantFindings& out) {
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        out.answers[std::string(row.bytes(0))] = {std::string(row.bytes(1)),
                                                  std::string(row.bytes(2))};
    }
}

void read_holders(const Result& result, TenantFindings& out) {
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        out.holders[std::string(row.bytes(0))] = {row.uuid(1), row.optional_time(2),
                                                  row.optional_time(3)};
    }
}

void read_targets(const Result& result, TenantFindings& out) {
    for (int i = 0; i < result.rows(); ++i) {
        out.targets.insert(result.row(i).uuid(0));
    }
}

void read_turns(const Result& result, TenantFindings& out) {
    for (int i = 0; i < result.rows(); ++i) {
        if (const auto turn = result.row(i).optional_int32(1)) {
            out.last_turns[std::string(result.row(i).bytes(0))] = *turn;
        }
    }
}

void read_links(const Result& result, TenantFindings& out) {
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        const domain::Link link = read_link(row);
        out.links.emplace(link.key, link);
    }
}

void read_link_ends(const Result& result, TenantFindings& out) {
    for (int i = 0; i < result.rows(); ++i) {
        const RowView row = result.row(i);
        out.link_ends[row.uuid(0)] = {row.optional_time(1), row.uint64(2), row.uint64(3)};
    }
}

/// Queues statements, each with what to do with its result.
class Pipeline {
  public:
    explicit Pipeline(Connection& connection) : connection_(connection) {}

    void add(const Statement& statement, const Params& params,
             std::function<void(const Result&)> reader = {}) {
        connection_.queue(statement, params);
        readers_.push_back(std::move(reader));
    }

    void run(const Deadline& deadline) {
        const std::vector<Result> results = connection_.flush(deadline);
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (readers_[i]) {
                readers_[i](results[i]);
            }
        }
    }

  private:
    Connection& connection_;
    std::vector<std::function<void(const Result&)>> readers_;
};

void ask_links(Pipeline& pipeline, const Uuid& tenant, const std::set<domain::LinkKey>& links,
               TenantFindings& out) {
    std::vector<Uuid> from;
    std::vector<Uuid> to;
    std::vector<std::string_view> types;
    std::set<Uuid> ends;
    for (const auto& key : links) {
        from.push_back(key.from);
        to.push_back(key.to);
        types.push_back(key.type);
        ends.insert({key.from, key.to});
    }
    pipeline.add(kLinks, Params().add(tenant).add_array(from).add_array(to).add_text_array(types),
                 [&out](const Result& result) { read_links(result, out); });
    pipeline.add(kLinkEnds,
                 Params().add(tenant).add_array(std::vector<Uuid>(ends.begin(), ends.end())),
                 [&out](const Result& result) { read_link_ends(result, out); });
}

void ask_erasure(Pipeline& pipeline, const Uuid& tenant, const domain::ErasureQuestion& question,
                 domain::ErasureFindings& out) {
    pipeline.add(kErasure, Params().add(tenant).add(question.erasure).add_bytes(question.key_id),
                 [&out, id = question.erasure](const Result& result) {
                     for (int i = 0; i < result.rows(); ++i) {
                         const RowView row = result.row(i);
                         if (row.uuid(0) == id) {
                             out.state = domain::parse_erasure_state(row.bytes(1));
                         } else {
                             out.of_same_key = row.uuid(0);
                         }
                     }
                 });
    if (question.subject_hmac.empty()) {
        return;
    }
    const auto left = [&](const Statement& statement, std::vector<Uuid>& ids) {
        pipeline.add(statement,
                     Params()
                         .add(tenant)
                         .add_bytes(question.subject_hmac)
                         .add(static_cast<std::int32_t>(domain::kErasedAtOnce)),
                     [&ids](const Result& result) {
                         for (int i = 0; i < result.rows(); ++i) {
                             ids.push_back(result.row(i).uuid(0));
                         }
                     });
    };
    left(kMemoriesLeft, out.memories);
    left(kEvaluationsLeft, out.evaluations);
    left(kFeedbackLeft, out.feedback);
}

void ask_learning(Pipeline& pipeline, const Uuid& tenant, const domain::LearningQuestion& question,
                  domain::LearningHistory& out) {
    Params params;
    params.add(tenant);
    question.version ? params.add(*question.version) : params.add_null();
    params.add(question.steps);
    pipeline.add(kLearning, params, [&out](const Result& result) {
        for (int i = 0; i < result.rows(); ++i) {
            out.add(read_learnt(result.row(i)));
        }
    });
}

void ask_law(Pipeline& pipeline, const std::string& hash, domain::LawFindings& out) {
    pipeline.add(kLockLaw, {}, [&out](const Result& result) {
        SOMA_ASSERT(result.rows() == 1, "the law has one pointer");
        out.version = result.row(0).uint64(0);
        out.hash = result.row(0).bytes(1);
    });
    pipeline.add(kLawDocument, Params().add_bytes(hash), [&out](const Result& result) {
        if (result.rows() != 0) {
            out.row = domain::SignedVersion{std::string(result.row(0).bytes(0)), {}};
        }
    });
    pipeline.add(kLawSignatures, Params().add_bytes(hash), [&out](const Result& result) {
        for (int i = 0; i < result.rows(); ++i) {
            out.row.value().signatures.push_back(
                {std::string(result.row(i).bytes(0)), std::string(result.row(i).bytes(1))});
        }
    });
    pipeline.add(kOpenProposals, {},
                 [&out](const Result& result) { out.open = result.row(0).uint64(0); });
}

void ask(Pipeline& pipeline, const Uuid& tenant, const TenantQuestions& questions,
         Time keys_expired_at, TenantFindings& out) {
    if (questions.claims.empty() && questions.sealed_under.empty() && !questions.beyond_claims()) {
        return;
    }
    pipeline.add(kSetTenant, Params().add_text(tenant.to_string()));
    if (!questions.claims.empty()) {
        pipeline.add(
            kAnswers,
            Params().add(tenant).add_bytes_array(views(questions.claims)).add(keys_expired_at),
            [&out](const Result& result) { read_answers(result, out); });
    }
    if (!questions.keys.empty()) {
        pipeline.add(kHolders, Params().add(tenant).add_bytes_array(views(questions.keys)),
                     [&out](const Result& result) { read_holders(result, out); });
    }
    if (!questions.targets.empty()) {
        const std::vector<Uuid> ids(questions.targets.begin(), questions.targets.end());
        pipeline.add(kTargets, Params().add(tenant).add_array(ids),
                     [&out](const Result& result) { read_targets(result, out); });
    }
    if (!questions.sessions.empty()) {
        pipeline.add(kTurns, Params().add(tenant).add_bytes_array(views(questions.sessions)),
                     [&out](const Result& result) { read_turns(result, out); });
    }
    if (!questions.links.empty()) {
        ask_links(pipeline, tenant, questions.links, out);
    }
    if (!questions.sealed_under.empty()) {
        pipeline.add(kErasedKeys,
                     Params().add(tenant).add_bytes_array(views(questions.sealed_under)),
                     [&out](const Result& result) {
                         for (int i = 0; i < result.rows(); ++i) {
                             out.erased_keys.emplace(result.row(i).bytes(0));
                         }
                     });
    }
    if (questions.erasure) {
        ask_erasure(pipeline, tenant, *questions.erasure, out.erasure);
    }
    if (!questions.verdicts.empty()) {
        const std::vector<std::uint64_t> asked(questions.verdicts.begin(),
                                               questions.verdicts.end());
        pipeline.add(kVerdicts, Params().add(tenant).add_array(asked),
                     [&out](const Result& result) {
                         for (int i = 0; i < result.rows(); ++i) {
                             out.verdicts.insert(result.row(i).uint64(0));
                         }
                     });
    }
    if (questions.learning) {
        ask_learning(pipeline, tenant, *questions.learning, out.learning);
    }
}

}  // namespace

Findings lock_and_read(Connection& connection, const domain::Questions& questions,
                       Time keys_expired_at, const Deadline& deadline) {
    Findings found;
    Pipeline pipeline(connection);
    pipeline.add(kBegin, {});
    const std::vector<Uuid> streams(questions.streams.begin(), questions.streams.end());
    pipeline.add(kLockStreams, Params().add_array(streams), [&found](const Result& result) {
        for (int i = 0; i < result.rows(); ++i) {
            found.streams[result.row(i).uuid(0)] = result.row(i).uint64(1);
        }
    });
    for (const auto& [tenant, of_tenant] : questions.tenants) {
        ask(pipeline, tenant, of_tenant, keys_expired_at, found.tenants[tenant]);
    }
    if (questions.law) {
        ask_law(pipeline, *questions.law, found.law.emplace());
    }
    pipeline.add(kLockLog, {}, [&found](const Result& result) {
        SOMA_ASSERT(result.rows() == 1, "the log has one row");
        found.log_id = result.row(0).uuid(0);
        found.log_size = result.row(0).uint64(1);
    });
    if (questions.events) {
        pipeline.add(kEventsSeen, Params().add_array(*questions.events),
                     [&found](const Result& result) {
                         for (int i = 0; i < result.rows(); ++i) {
                             found.seen.insert(result.row(i).uuid(0));
                         }
                     });
    }
    pipeline.run(deadline);
    return found;
}

}  // namespace soma::backends
