#include "backends/postgres/learning/learning_weights.h"

#include "backends/postgres/learning/learning_columns.h"
#include "backends/postgres/tenant_read.h"

namespace soma::backends {
namespace {

constexpr Statement kNewest{"learning_newest",
                            "SELECT" SOMA_LEARNT_COLUMNS
                            "FROM learning_weights w"
                            " WHERE w.tenant = $1::uuid ORDER BY w.version DESC LIMIT 1"};
constexpr Statement kHistory{
    "learning_history",
    "SELECT" SOMA_LEARNT_COLUMNS
    ", w.sequence, w.created_at, w.feedback_id"
    " FROM learning_weights w WHERE w.tenant = $1::uuid AND w.version < $2::bigint"
    " ORDER BY w.version DESC LIMIT $3::int"};

}  // namespace

std::optional<domain::LearntRow> LearningWeights::newest(const Uuid& tenant,
                                                         const Deadline& deadline) {
    return find_for_tenant(pool_, tenant, kNewest, Params().add(tenant), deadline, read_learnt);
}

std::vector<KeptLearning> LearningWeights::history(const Uuid& tenant, std::uint64_t below,
                                                   std::int32_t most, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result = read_for_tenant(connection, tenant, kHistory,
                                              Params().add(tenant).add(below).add(most), deadline);
        std::vector<KeptLearning> out;
        for (int i = 0; i < result.rows(); ++i) {
            const RowView row = result.row(i);
            out.push_back({read_learnt(row), row.uint64(kLearntColumns),
                           row.time(kLearntColumns + 1), row.optional_uuid(kLearntColumns + 2)});
        }
        return out;
    });
}

}  // namespace soma::backends
