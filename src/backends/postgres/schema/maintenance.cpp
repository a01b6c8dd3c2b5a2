#include "backends/postgres/schema/maintenance.h"

namespace soma::backends {
namespace {

constexpr Statement kKeepAhead{"events_keep_ahead", "SELECT events_keep_ahead($1::bigint)"};
constexpr Statement kPrune{"prune", "SELECT prune($1::timestamptz, $2::timestamptz)"};
constexpr Statement kExpired{"expired_memories",
                             "SELECT tenant, id FROM expired_memories($1::timestamptz, $2::int)"};

constexpr Statement kUnderOlderLaw{
    "learning_under_older_law", "SELECT learning_under_older_law($1::bigint, $2::uuid, $3::int)"};

}  // namespace

int Maintenance::keep_partitions_ahead(std::uint64_t partition_rows, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add(partition_rows);
        return connection.run(kKeepAhead, params, deadline).row(0).int32(0);
    });
}

std::uint64_t Maintenance::prune(Time now, std::chrono::hours idempotency_lifetime,
                                 const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add(now - idempotency_lifetime).add(now);
        return connection.run(kPrune, params, deadline).row(0).uint64(0);
    });
}

std::vector<ExpiredMemory> Maintenance::expired_memories(Time now, int limit,
                                                         const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        Params params;
        params.add(now).add(limit);
        const Result result = connection.run(kExpired, params, deadline);
        std::vector<ExpiredMemory> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back({result.row(i).uuid(0), result.row(i).uuid(1)});
        }
        return out;
    });
}

std::vector<Uuid> Maintenance::learnt_under_older_law(std::uint64_t version, const Uuid& after,
                                                      int limit, const Deadline& deadline) {
    return pool_.run(deadline, [&](Connection& connection) {
        const Result result =
            connection.run(kUnderOlderLaw, Params().add(version).add(after).add(limit), deadline);
        std::vector<Uuid> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back(result.row(i).uuid(0));
        }
        return out;
    });
}

}  // namespace soma::backends
