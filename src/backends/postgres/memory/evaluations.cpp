#include "backends/postgres/memory/evaluations.h"

#include "backends/postgres/tenant_read.h"

namespace soma::backends {
namespace {

using domain::StoredEvaluation;

constexpr Statement kGet{"evaluation_get",
                         "SELECT id, session_hmac, subject_hmac, log_index, access_sequence,"
                         " created_at, expires_at, sealed FROM evaluations"
                         " WHERE tenant = $1::uuid AND id = $2::uuid"
                         " AND expires_at > $3::timestamptz"};

StoredEvaluation read(const RowView& row) {
    StoredEvaluation out;
    out.id = row.uuid(0);
    out.session_hmac = row.optional_bytes(1);
    out.subject_hmac = row.bytes(2);
    out.log_index = row.uint64(3);
    out.access_sequence = row.uint64(4);
    out.created_at = row.time(5);
    out.expires_at = row.time(6);
    out.sealed = row.bytes(7);
    return out;
}

}  // namespace

std::optional<StoredEvaluation> Evaluations::get(const Uuid& tenant, const Uuid& id, Time now,
                                                 const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kGet, Params().add(tenant).add(id).add(now), deadline,
                           read);
}

}  // namespace soma::backends
