#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backends/postgres/connection.h"
#include "backends/postgres/tenant/tenants.h"

namespace soma::test {

inline std::int64_t count_rows(const backends::ConnectionSettings& superuser,
                               const std::string& table, const Uuid& tenant) {
    const Deadline deadline(std::chrono::seconds(30));
    const auto connection = backends::Connection::open(superuser, deadline);
    const std::string sql = "SELECT count(*) FROM " + table + " WHERE tenant = $1::uuid";
    return connection
        ->run(backends::Statement{"count_rows", sql.c_str()}, backends::Params().add(tenant),
              deadline)
        .row(0)
        .int64(0);
}

/// What must hold of a tenant and of the log at any rest, whatever happened before. Each query
/// returns the number of violations. The log's own rules are looked at over all tenants.
inline void expect_ledger_whole(const backends::ConnectionSettings& superuser,
                                const backends::TenantRow& tenant) {
    static constexpr std::pair<const char*, const char*> kRules[] = {
        {"every log is dense",
         "SELECT (SELECT count(*) FROM (SELECT count(*) AS events, count(DISTINCT log_index) AS"
         " indexes, max(log_index) - min(log_index) + 1 AS span FROM events GROUP BY log_id) t"
         " WHERE events <> indexes OR events <> span)"
         " + (SELECT count(*) FROM log l WHERE (first_index, size) <>"
         "  (SELECT coalesce(min(log_index), l.size), coalesce(max(log_index) + 1, l.size)"
         "   FROM events e WHERE e.log_id = l.log_id))"
         " WHERE $1::uuid IS NOT NULL"},
        {"streams are dense",
         "SELECT count(*) FROM streams s WHERE s.tenant = $1::uuid AND (s.sequence, s.sequence) <>"
         " (SELECT count(DISTINCT e.stream_sequence), coalesce(max(e.stream_sequence), 0)"
         "  FROM events e WHERE e.tenant = s.tenant AND e.stream = s.name)"},
        {"stream order is log order",
         "SELECT count(*) FROM (SELECT log_index - lag(log_index) OVER"
         " (PARTITION BY stream ORDER BY stream_sequence) AS step FROM events WHERE tenant ="
         " $1::uuid) t WHERE step <= 0"},
        {"no event comes twice",
         "SELECT count(*) - count(DISTINCT id) FROM events WHERE tenant = $1::uuid"},
        {"leaves are the bodies' hashes",
         "SELECT count(*) FROM events WHERE tenant = $1::uuid AND leaf <> sha256('\\x00' || body)"},
        {"every memory has its event",
         "SELECT count(*) FROM memories m WHERE tenant = $1::uuid AND NOT EXISTS (SELECT FROM "
         "events"
         " e WHERE e.log_index = m.log_index AND e.tenant = m.tenant AND e.stream = 'state' AND"
         " e.stream_sequence = m.sequence AND convert_from(e.body, 'UTF8')::jsonb -> 'targets' ->>"
         " 0 = m.id::text)"},
        {"every remembered memory is there or was removed",
         "SELECT count(*) FROM events e WHERE tenant = $1::uuid AND action = 'memory.remember' AND "
         "NOT"
         " EXISTS (SELECT FROM memories m WHERE m.tenant = e.tenant AND m.sequence ="
         " e.stream_sequence) AND NOT EXISTS (SELECT FROM events d WHERE d.tenant = e.tenant AND"
         " d.action IN ('memory.delete', 'memory.expire') AND convert_from(d.body, 'UTF8')::jsonb "
         "-> 'targets' ="
         " convert_from(e.body, 'UTF8')::jsonb -> 'targets')"},
        {"every memory has vectors, every vector a memory",
         "SELECT (SELECT count(*) FROM memories m WHERE tenant = $1::uuid AND NOT EXISTS (SELECT "
         "FROM"
         " embeddings e WHERE e.memory_id = m.id)) + (SELECT count(*) FROM embeddings e WHERE "
         "tenant"
         " = $1 AND NOT EXISTS (SELECT FROM memories m WHERE m.id = e.memory_id))"},
        {"turns of a session are given once",
         "SELECT count(*) - count(DISTINCT (session_hmac, turn)) FROM memories WHERE tenant ="
         " $1::uuid AND turn IS NOT NULL AND session_hmac IS NOT NULL"},
    };
    const Deadline deadline(std::chrono::seconds(120));
    backends::ConnectionSettings patient = superuser;
    patient.statement_timeout = std::chrono::seconds(120);
    const auto connection = backends::Connection::open(patient, deadline);
    connection->run_script("ANALYZE", deadline);  // these joins need a planner that knows the sizes
    for (const auto& [name, sql] : kRules) {
        const backends::Result result = connection->run(
            backends::Statement{name, sql}, backends::Params().add(tenant.id), deadline);
        EXPECT_EQ(result.row(0).int64(0), 0) << name;
    }
}

}  // namespace soma::test
