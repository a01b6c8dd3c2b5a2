#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/ledger/columns.h"
#include "backends/postgres/ledger/ledger_transaction.h"
#include "backends/postgres/ledger/write_erasure.h"
#include "backends/postgres/ledger/write_events.h"
#include "backends/postgres/ledger/write_feedback.h"
#include "backends/postgres/ledger/write_law.h"
#include "backends/postgres/ledger/write_learning.h"
#include "backends/postgres/ledger/write_links.h"
#include "backends/postgres/statements.h"

namespace soma::backends {
namespace {

using domain::Plan;
using domain::PlannedMemory;
using domain::TenantWrites;
using Bytes = std::vector<std::optional<std::string_view>>;

constexpr Statement kSupersede{
    "supersede",
    "UPDATE memories m SET superseded_by = u.by, superseded_sequence = u.sequence,"
    " superseded_at = u.at, given_valid_to = m.valid_to, valid_to = u.valid_to"
    " FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])"
    " AS u (id, by, sequence, at, valid_to) WHERE m.tenant = $1::uuid AND m.id = u.id"};
constexpr Statement kRemoveEmbeddings{
    "remove_embeddings",
    "DELETE FROM embeddings WHERE tenant = $1::uuid AND memory_id = ANY ($2::uuid[])"};
constexpr Statement kRemoveMemories{
    "remove_memories", "DELETE FROM memories WHERE tenant = $1::uuid AND id = ANY ($2::uuid[])"};
// unnest in the SELECT list hands the arrays' items on one row at a time; in FROM, each array would
// first be copied into a tuple store of its own.
constexpr Statement kInsertMemories{
    "insert_memories",
    "INSERT INTO memories (tenant, id, sequence, log_index, created_at, occurred_at, valid_from,"
    " valid_to, expires_at, turn, importance, kind, superseded_by, superseded_sequence,"
    " subject_hmac, key_hmac, session_hmac, sealed, superseded_at, given_valid_to)"
    " SELECT $1::uuid, unnest($2::uuid[]), unnest($3::bigint[]), unnest($4::bigint[]), "
    "unnest($5::timestamptz[]), unnest($6::timestamptz[]), unnest($7::timestamptz[]), "
    "unnest($8::timestamptz[]), unnest($9::timestamptz[]), unnest($10::int[]), "
    "unnest($11::float8[]), unnest($12::text[]), unnest($13::uuid[]), unnest($14::bigint[]), "
    "unnest($15::bytea[]), unnest($16::bytea[]), unnest($17::bytea[]), unnest($18::bytea[]), "
    "unnest($19::timestamptz[]), unnest($20::timestamptz[])"};
constexpr Statement kInsertEmbeddings{
    "insert_embeddings",
    "INSERT INTO embeddings (tenant, memory_id, passage, model_generation, sealed)"
    " SELECT $1::uuid, unnest($2::uuid[]), unnest($3::int[]), unnest($4::int[]), "
    "unnest($5::bytea[])"};
// A key that another transaction claimed meanwhile is an error here: the stream's lock rules it
// out.
constexpr Statement kInsertAnswers{
    "insert_answers",
    "INSERT INTO idempotency_keys (tenant, key_hmac, request_digest, answer, created_at)"
    " SELECT $1::uuid, unnest($2::bytea[]), unnest($3::bytea[]), unnest($4::bytea[]), "
    "unnest($5::timestamptz[])"};
constexpr Statement kInsertEvaluations{
    "insert_evaluations",
    "INSERT INTO evaluations (tenant, id, session_hmac, subject_hmac, log_index, access_sequence,"
    " created_at, expires_at, sealed)"
    " SELECT $1::uuid, unnest($2::uuid[]), unnest($3::bytea[]), unnest($4::bytea[]), "
    "unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::timestamptz[]), "
    "unnest($8::timestamptz[]), unnest($9::bytea[])"};
constexpr Statement kAdvance{
    "advance",
    "SELECT ledger_advance($1::uuid, $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint,"
    " $6::bigint, $7::bytea[])"};
// Ends with the transaction.
constexpr Statement kBecomeEventsWriter{"become_events_writer",
                                        "SET LOCAL ROLE soma_events_writer"};

std::optional<std::string_view> view(const std::optional<std::string>& value) {
    return value ? std::optional<std::string_view>(*value) : std::nullopt;
}

std::string_view view(const std::string& value) {
    return value;
}

void queue_supersessions(Connection& connection, const Uuid& tenant, const TenantWrites& writes) {
    const auto& rows = writes.superseded;
    if (rows.empty()) {
        return;
    }
    Params params;
    params.add(tenant);
    params.add_array(column<Uuid>(rows, [](const auto& row) { return row.first; }));
    params.add_array(column<Uuid>(rows, [](const auto& row) { return row.second.by; }));
    params.add_array(
        column<std::uint64_t>(rows, [](const auto& row) { return row.second.sequence; }));
    params.add_array(column<Time>(rows, [](const auto& row) { return row.second.at; }));
    params.add_array(column<Time>(rows, [](const auto& row) { return row.second.valid_to; }));
    connection.queue(kSupersede, params);
}

void queue_removals(Connection& connection, const Uuid& tenant, const TenantWrites& writes) {
    if (writes.removed.empty()) {
        return;
    }
    Params params;
    params.add(tenant);
    params.add_array(std::vector<Uuid>(writes.removed.begin(), writes.removed.end()));
    connection.queue(kRemoveEmbeddings, params);
    connection.queue(kRemoveMemories, params);
}

void queue_memories(Connection& connection, const Uuid& tenant, const TenantWrites& writes) {
    const auto& rows = writes.memories;
    if (rows.empty()) {
        return;
    }
    const auto facts = [](const auto& row) -> const domain::MemoryFacts& {
        return row.second.insert->row.facts;
    };
    const auto stored = [](const auto& row) -> const domain::StoredMemory& {
        return row.second.insert->row;
    };
    using OptionalTime = std::optional<Time>;
    Params params;
    params.add(tenant);
    params.add_array(column<Uuid>(rows, [](const auto& row) { return row.first; }));
    params.add_array(
        column<std::uint64_t>(rows, [](const auto& row) { return row.second.at.sequence; }));
    params.add_array(
        column<std::uint64_t>(rows, [](const auto& row) { return row.second.at.log_index; }));
    params.add_array(column<Time>(rows, [&](const auto& row) { return facts(row).created_at; }));
    params.add_array(
        column<OptionalTime>(rows, [&](const auto& row) { return facts(row).occurred_at; }));
    params.add_array(
        column<OptionalTime>(rows, [](const auto& row) { return row.second.valid_from; }));
    params.add_array(
        column<OptionalTime>(rows, [](const auto& row) { return row.second.valid_to; }));
    params.add_array(
        column<OptionalTime>(rows, [&](const auto& row) { return facts(row).expires_at; }));
    params.add_array(column<std::optional<std::int32_t>>(
        rows, [](const auto& row) { return row.second.at.turn; }));
    params.add_array(column<std::optional<double>>(
        rows, [&](const auto& row) { return facts(row).importance; }));
    params.add_text_array(
        column<std::string_view>(rows, [&](const auto& row) { return view(facts(row).kind); }));
    params.add_array(column<std::optional<Uuid>>(
        rows, [](const auto& row) { return row.second.superseded_by; }));
    params.add_array(column<std::optional<std::uint64_t>>(
        rows, [](const auto& row) { return row.second.superseded_sequence; }));
    params.add_bytes_array(Bytes(column<Bytes::value_type>(
        rows, [&](const auto& row) { return view(stored(row).subject_hmac); })));
    params.add_bytes_array(column<Bytes::value_type>(
        rows, [&](const auto& row) { return view(stored(row).key_hmac); }));
    params.add_bytes_array(column<Bytes::value_type>(
        rows, [&](const auto& row) { return view(stored(row).session_hmac); }));
    params.add_bytes_array(
        column<Bytes::value_type>(rows, [&](const auto& row) { return view(stored(row).sealed); }));
    params.add_array(
        column<OptionalTime>(rows, [](const auto& row) { return row.second.superseded_at; }));
    params.add_array(
        column<OptionalTime>(rows, [](const auto& row) { return row.second.given_valid_to; }));
    connection.queue(kInsertMemories, params);
}

void queue_embeddings(Connection& connection, const Uuid& tenant, const TenantWrites& writes) {
    std::vector<Uuid> ids;
    std::vector<std::int32_t> numbers;
    std::vector<std::int32_t> generations;
    Bytes sealed;
    for (const auto& [id, memory] : writes.memories) {
        for (const domain::SealedPassage& passage : memory.insert->row.passages) {
            ids.push_back(id);
            numbers.push_back(static_cast<std::int32_t>(passage.passage));
            generations.push_back(static_cast<std::int32_t>(passage.model_generation));
            sealed.emplace_back(passage.sealed);
        }
    }
    if (!ids.empty()) {
        Params params;
        params.add(tenant).add_array(ids).add_array(numbers).add_array(generations);
        params.add_bytes_array(sealed);
        connection.queue(kInsertEmbeddings, params);
    }
}

void queue_answers(Connection& connection, const Uuid& tenant, const TenantWrites& writes) {
    const auto& rows = writes.answers;
    if (rows.empty()) {
        return;
    }
    using Item = Bytes::value_type;
    Params params;
    params.add(tenant);
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return view(row.claim->key_hmac); }));
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return view(row.claim->request_digest); }));
    params.add_bytes_array(column<Item>(rows, [](const auto& row) { return view(row.answer); }));
    params.add_array(column<Time>(rows, [](const auto& row) { return row.created_at; }));
    connection.queue(kInsertAnswers, params);
}

void queue_evaluations(Connection& connection, const Uuid& tenant, const TenantWrites& writes) {
    const auto& rows = writes.evaluations;
    if (rows.empty()) {
        return;
    }
    using Item = Bytes::value_type;
    Params params;
    params.add(tenant);
    params.add_array(column<Uuid>(rows, [](const auto& row) { return row.row->id; }));
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return view(row.row->session_hmac); }));
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return view(row.row->subject_hmac); }));
    params.add_array(column<std::uint64_t>(rows, [](const auto& row) { return row.at.log_index; }));
    params.add_array(column<std::uint64_t>(rows, [](const auto& row) { return row.at.sequence; }));
    params.add_array(column<Time>(rows, [](const auto& row) { return row.row->created_at; }));
    params.add_array(column<Time>(rows, [](const auto& row) { return row.row->expires_at; }));
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return view(row.row->sealed); }));
    connection.queue(kInsertEvaluations, params);
}

void queue_positions(Connection& connection, const Plan& plan) {
    Params params;
    params.add(plan.log_id);
    params.add_array(column<Uuid>(plan.streams, [](const auto& row) { return row.first; }));
    params.add_array(
        column<std::uint64_t>(plan.streams, [](const auto& row) { return row.second.from; }));
    params.add_array(
        column<std::uint64_t>(plan.streams, [](const auto& row) { return row.second.to; }));
    params.add(plan.log_size - plan.events.size()).add(plan.log_size);
    params.add_bytes_array(Bytes(plan.sealed_under.begin(), plan.sealed_under.end()));
    connection.queue(kAdvance, params);
}

}  // namespace

void send_and_commit(Connection& connection, const Plan& plan, Basis basis,
                     const std::function<void()>& before_commit, const Deadline& deadline) {
    if (basis == Basis::presumed) {
        connection.queue(kBegin, {});
    }
    // First, so that whoever presumes wrongly hears of it before any row is touched.
    if (!plan.events.empty()) {
        queue_positions(connection, plan);
    }
    for (const auto& [tenant, writes] : plan.tenants) {
        connection.queue(kSetTenant, Params().add_text(tenant.to_string()));
        // Old holders let go of their keys before new ones take them.
        queue_supersessions(connection, tenant, writes);
        queue_removals(connection, tenant, writes);
        queue_memories(connection, tenant, writes);
        queue_embeddings(connection, tenant, writes);
        queue_answers(connection, tenant, writes);
        queue_evaluations(connection, tenant, writes);
        queue_feedback(connection, tenant, writes);
        queue_learning(connection, tenant, writes);
        queue_ended_sessions(connection, tenant, writes);
        queue_links(connection, tenant, writes);
        queue_erasure(connection, tenant, writes);
    }
    if (plan.law) {
        queue_law(connection, *plan.law);
    }
    if (!plan.events.empty()) {
        connection.queue(kBecomeEventsWriter, {});
        queue_event_rows(connection, plan.log_id, plan.events);
    }
    before_commit();
    connection.queue(kCommit, {});
    connection.send(deadline);
}

}  // namespace soma::backends
