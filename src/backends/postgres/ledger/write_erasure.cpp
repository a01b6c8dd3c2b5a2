#include "backends/postgres/ledger/write_erasure.h"

namespace soma::backends {
namespace {

// One statement, because the counts belong to what it deletes.
constexpr Statement kErase{
    "erase_subject",
    "WITH gone AS (DELETE FROM memories WHERE tenant = $1::uuid AND id = ANY ($2::uuid[])"
    "   RETURNING 1),"
    " vectors AS (DELETE FROM embeddings WHERE tenant = $1 AND memory_id = ANY ($2) RETURNING 1),"
    " joins AS (DELETE FROM links WHERE tenant = $1 AND (from_id = ANY ($2) OR to_id = ANY ($2))"
    "   RETURNING 1),"
    " flows AS (DELETE FROM flow_verdicts WHERE tenant = $1"
    "   AND (source = ANY ($2) OR sinks && $2)),"
    " asked AS (DELETE FROM evaluations WHERE tenant = $1 AND id = ANY ($3::uuid[]) RETURNING 1),"
    " verdicts AS (DELETE FROM feedback_events WHERE tenant = $1"
    "   AND evaluation_id = ANY ($4::uuid[]) RETURNING id),"
    " used AS (DELETE FROM token_usage WHERE tenant = $1"
    "   AND feedback_id IN (SELECT id FROM verdicts) RETURNING 1)"
    " INSERT INTO erasures AS e (tenant, id, subject_hmac, key_id, state, requested_at, changed_at,"
    " first_sequence, sequence, memories, embeddings, links, evaluations, feedback_events,"
    " token_usage)"
    " SELECT $1, $5::uuid, $6::bytea, $7::bytea, $8::text, $9::timestamptz, clock_timestamp(),"
    " $10::bigint, $10, (SELECT count(*) FROM gone), (SELECT count(*) FROM vectors),"
    " (SELECT count(*) FROM joins), (SELECT count(*) FROM asked), (SELECT count(*) FROM verdicts),"
    " (SELECT count(*) FROM used)"
    " ON CONFLICT (tenant, id) DO UPDATE SET state = EXCLUDED.state,"
    " changed_at = EXCLUDED.changed_at, sequence = EXCLUDED.sequence,"
    " memories = e.memories + EXCLUDED.memories, embeddings = e.embeddings + EXCLUDED.embeddings,"
    " links = e.links + EXCLUDED.links, evaluations = e.evaluations + EXCLUDED.evaluations,"
    " feedback_events = e.feedback_events + EXCLUDED.feedback_events,"
    " token_usage = e.token_usage + EXCLUDED.token_usage"};
constexpr Statement kFinish{
    "finish_erasure",
    "UPDATE erasures SET state = 'done', completed_at = $3::timestamptz,"
    " changed_at = clock_timestamp(), sequence = $4::bigint, receipt = $5::bytea"
    " WHERE tenant = $1::uuid AND id = $2::uuid"};

}  // namespace

void queue_erasure(Connection& connection, const Uuid& tenant, const domain::TenantWrites& writes) {
    if (const auto& erasure = writes.erasure) {
        const domain::EraseSubject& change = *erasure->change;
        Params params;
        params.add(tenant).add_array(erasure->rows.memories).add_array(erasure->rows.evaluations);
        params.add_array(erasure->rows.feedback).add(change.erasure);
        params.add_bytes(change.subject_hmac).add_bytes(change.key_id);
        params.add_text(to_string(erasure->state)).add(erasure->requested_at);
        params.add(erasure->at.sequence);
        connection.queue(kErase, params);
    }
    if (const auto& receipt = writes.receipt) {
        connection.queue(kFinish, Params()
                                      .add(tenant)
                                      .add(receipt->change->erasure)
                                      .add(receipt->completed_at)
                                      .add(receipt->at.sequence)
                                      .add_bytes(receipt->change->receipt));
    }
}

}  // namespace soma::backends
