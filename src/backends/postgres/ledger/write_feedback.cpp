#include "backends/postgres/ledger/write_feedback.h"

#include <string_view>
#include <vector>

namespace soma::backends {
namespace {

using Bytes = std::vector<std::optional<std::string_view>>;

constexpr Statement kInsertFeedback{
    "insert_feedback",
    "INSERT INTO feedback_events (tenant, evaluation_id, id, session_hmac, subject_hmac, sequence,"
    " log_index, created_at, expires_at, request_digest, sealed)"
    " SELECT $1::uuid, unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::bytea[]), "
    "unnest($5::bytea[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::timestamptz[]), "
    "unnest($9::timestamptz[]), unnest($10::bytea[]), unnest($11::bytea[])"};
constexpr Statement kInsertUsage{
    "insert_usage",
    "INSERT INTO token_usage (tenant, feedback_id, created_at, tokens, model_hmac)"
    " SELECT $1::uuid, unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::bigint[]), "
    "unnest($5::bytea[])"};

constexpr Statement kEndSessions{
    "end_sessions",
    "INSERT INTO ended_sessions (tenant, session_hmac, log_index)"
    " SELECT $1::uuid, unnest($2::bytea[]), unnest($3::bigint[])"
    " ON CONFLICT (tenant, session_hmac) DO UPDATE SET log_index = EXCLUDED.log_index"};

struct FeedbackColumns {
    std::vector<Uuid> evaluations, ids;
    Bytes sessions, subjects, digests, sealed;
    std::vector<std::uint64_t> sequences, log_indexes;
    std::vector<Time> created, expires;

    void add(const domain::PlannedFeedback& planned) {
        const domain::StoredFeedback& row = *planned.row;
        evaluations.push_back(row.evaluation);
        ids.push_back(row.id);
        sessions.emplace_back(row.session_hmac);
        subjects.emplace_back(row.subject_hmac);
        sequences.push_back(planned.at.sequence);
        log_indexes.push_back(planned.at.log_index);
        created.push_back(row.created_at);
        expires.push_back(row.expires_at);
        digests.emplace_back(row.request_digest);
        sealed.emplace_back(row.sealed);
    }
};

struct UsageColumns {
    std::vector<Uuid> ids;
    std::vector<Time> times;
    std::vector<std::uint64_t> tokens;
    Bytes models;

    void add(const domain::StoredFeedback& row) {
        ids.push_back(row.id);
        times.push_back(row.created_at);
        tokens.push_back(static_cast<std::uint64_t>(row.tokens.value()));
        models.emplace_back(row.model_hmac);
    }
};

}  // namespace

void queue_feedback(Connection& connection, const Uuid& tenant,
                    const domain::TenantWrites& writes) {
    if (writes.feedback.empty()) {
        return;
    }
    FeedbackColumns feedback;
    UsageColumns usage;
    for (const auto& planned : writes.feedback) {
        feedback.add(planned);
        if (planned.row->tokens) {
            usage.add(*planned.row);
        }
    }
    Params rows;
    rows.add(tenant).add_array(feedback.evaluations).add_array(feedback.ids);
    rows.add_bytes_array(feedback.sessions).add_bytes_array(feedback.subjects);
    rows.add_array(feedback.sequences).add_array(feedback.log_indexes);
    rows.add_array(feedback.created).add_array(feedback.expires);
    rows.add_bytes_array(feedback.digests).add_bytes_array(feedback.sealed);
    connection.queue(kInsertFeedback, rows);
    if (!usage.ids.empty()) {
        Params numbers;
        numbers.add(tenant).add_array(usage.ids).add_array(usage.times).add_array(usage.tokens);
        numbers.add_bytes_array(usage.models);
        connection.queue(kInsertUsage, numbers);
    }
}

void queue_ended_sessions(Connection& connection, const Uuid& tenant,
                          const domain::TenantWrites& writes) {
    Bytes sessions;
    std::vector<std::uint64_t> marks;
    for (const auto& [session, log_index] : writes.ended_sessions) {
        sessions.emplace_back(session);
        marks.push_back(log_index);
    }
    if (!sessions.empty()) {
        connection.queue(kEndSessions,
                         Params().add(tenant).add_bytes_array(sessions).add_array(marks));
    }
}

}  // namespace soma::backends
