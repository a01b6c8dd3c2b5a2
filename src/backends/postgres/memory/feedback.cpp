#include "backends/postgres/memory/feedback.h"

#include "backends/postgres/tenant_read.h"

namespace soma::backends {
namespace {

constexpr Statement kOf{"feedback_of",
                        "SELECT id, evaluation_id, session_hmac, subject_hmac, sequence, log_index,"
                        " created_at, expires_at, request_digest, sealed FROM feedback_events"
                        " WHERE tenant = $1::uuid AND evaluation_id = $2::uuid"};

domain::StoredFeedback read(const RowView& row) {
    domain::StoredFeedback out;
    out.id = row.uuid(0);
    out.evaluation = row.uuid(1);
    out.session_hmac = row.optional_bytes(2);
    out.subject_hmac = row.bytes(3);
    out.sequence = row.uint64(4);
    out.log_index = row.uint64(5);
    out.created_at = row.time(6);
    out.expires_at = row.time(7);
    out.request_digest = row.bytes(8);
    out.sealed = row.bytes(9);
    return out;
}

}  // namespace

std::optional<domain::StoredFeedback> FeedbackEvents::of(const Uuid& tenant, const Uuid& evaluation,
                                                         const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kOf, Params().add(tenant).add(evaluation), deadline,
                           read);
}

}  // namespace soma::backends
