#include "backends/postgres/memory/erasures.h"

#include "backends/postgres/statements.h"
#include "backends/postgres/tenant_read.h"
#include "base/error.h"

namespace soma::backends {
namespace {

// Its first event by its place in the stream: the log's numbers begin anew after a restore. Of one
// that is done the event may have gone with its partition: the receipt names it.
#define SOMA_ERASURE                                                                              \
    "SELECT x.id, x.subject_hmac, x.key_id, x.state, x.requested_at, x.completed_at,"             \
    " x.sequence, x.memories, x.embeddings, x.links, x.evaluations, x.feedback_events,"           \
    " x.token_usage, x.receipt, e.log_id, e.log_index, e.leaf FROM erasures x LEFT JOIN events e" \
    " ON e.tenant = x.tenant AND e.stream = 'state' AND e.stream_sequence = x.first_sequence "    \
    "WHERE x.tenant = $1::uuid AND "
constexpr Statement kGet{"erasure_get", SOMA_ERASURE "x.id = $2::uuid"};
constexpr Statement kLast{"erasure_last", SOMA_ERASURE
                          "x.subject_hmac = $2::bytea ORDER BY x.first_sequence DESC LIMIT 1"};
#undef SOMA_ERASURE
constexpr Statement kLock{"erasure_lock",
                          "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))"};
constexpr Statement kOwed{"erasures_owed", "SELECT tenant, id FROM erasures_owed($1::int)"};
constexpr Statement kChanged{"erasures_changed",
                             "SELECT tenant, id, subject_hmac, sequence"
                             " FROM erasures_changed(make_interval(secs => $1::int))"};

domain::Erasure read_erasure(const RowView& row) {
    domain::Erasure out;
    out.id = row.uuid(0);
    out.subject_hmac = row.bytes(1);
    out.key_id = row.bytes(2);
    const auto state = domain::parse_erasure_state(row.bytes(3));
    SOMA_ASSERT(state.has_value(), "the table has the same three states");
    out.state = *state;
    out.requested_at = row.time(4);
    out.completed_at = row.optional_time(5);
    out.sequence = row.uint64(6);
    out.rows = {row.uint64(7),  row.uint64(8),  row.uint64(9),
                row.uint64(10), row.uint64(11), row.uint64(12)};
    out.receipt = row.optional_bytes(13).value_or("");
    if (const auto log_id = row.optional_uuid(14)) {
        out.log_id = *log_id;
        out.log_index = row.uint64(15);
        out.leaf = row.bytes(16);
    } else {
        SOMA_ASSERT(out.state == domain::ErasureState::done, "the others' events are not dropped");
    }
    return out;
}

}  // namespace

std::optional<domain::Erasure> Erasures::get(const Uuid& tenant, const Uuid& id,
                                             const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kGet, Params().add(tenant).add(id), deadline,
                           read_erasure);
}

std::optional<domain::Erasure> Erasures::last_of(const Uuid& tenant,
                                                 const std::string& subject_hmac,
                                                 const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kLast, Params().add(tenant).add_bytes(subject_hmac),
                           deadline, read_erasure);
}

void Erasures::exclusively(const Uuid& tenant, const Uuid& id, const Deadline& deadline,
                           const std::function<void(const domain::Erasure&)>& work) {
    pool_.run(deadline, [&](Connection& connection) {
        connection.queue(kBegin, {});
        connection.queue(kSetTenant, Params().add_text(tenant.to_string()));
        connection.queue(kLock, Params().add_text(id.to_string()));
        connection.queue(kGet, Params().add(tenant).add(id));
        const auto results = connection.flush(deadline);
        SOMA_ASSERT(results[3].rows() == 1, "who asks has seen it, and none is ever deleted");
        try {
            work(read_erasure(results[3].row(0)));
        } catch (...) {
            connection.rollback(deadline);
            throw;
        }
        connection.run(kCommit, {}, deadline);
    });
}

std::vector<OwedErasure> Erasures::owed(int most, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result = connection.run(kOwed, Params().add(most), deadline);
        std::vector<OwedErasure> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back({result.row(i).uuid(0), result.row(i).uuid(1)});
        }
        return out;
    });
}

std::vector<ChangedErasure> Erasures::changed(std::chrono::seconds within,
                                              const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result = connection.run(
            kChanged, Params().add(static_cast<std::int32_t>(within.count())), deadline);
        std::vector<ChangedErasure> out;
        for (int i = 0; i < result.rows(); ++i) {
            const RowView row = result.row(i);
            out.push_back({row.uuid(0), row.uuid(1), std::string(row.bytes(2)), row.uint64(3)});
        }
        return out;
    });
}

}  // namespace soma::backends
