#include "backends/postgres/ledger/write_events.h"

#include <optional>
#include <string_view>

#include "backends/postgres/ledger/columns.h"

namespace soma::backends {
namespace {

constexpr Statement kInsertEvents{
    "insert_events",
    "INSERT INTO events (log_id, log_index, id, tenant, stream, stream_sequence, time, actor,"
    " action, telemetry_ref, body, leaf)"
    " SELECT $1::uuid, unnest($2::bigint[]), unnest($3::uuid[]), unnest($4::uuid[]), "
    "unnest($5::text[]), unnest($6::bigint[]), unnest($7::timestamptz[]), "
    "unnest($8::text[]), unnest($9::text[]), nullif(unnest($10::text[]), ''), "
    "unnest($11::bytea[]), "
    "unnest($12::bytea[])"};

}  // namespace

void queue_event_rows(Connection& connection, const Uuid& log_id,
                      std::span<const domain::PlannedEvent> rows) {
    Params params;
    params.add(log_id);
    params.add_array(column<std::uint64_t>(rows, [](const auto& row) { return row.log_index; }));
    params.add_array(column<Uuid>(rows, [](const auto& row) { return row.draft.id; }));
    params.add_array(
        column<std::optional<Uuid>>(rows, [](const auto& row) { return row.draft.tenant; }));
    params.add_text_array(column<std::string_view>(
        rows, [](const auto& row) { return to_string(row.draft.stream); }));
    params.add_array(
        column<std::uint64_t>(rows, [](const auto& row) { return row.stream_sequence; }));
    params.add_array(column<Time>(rows, [](const auto& row) { return row.time; }));
    params.add_text_array(column<std::string_view>(
        rows, [](const auto& row) { return std::string_view(row.draft.actor); }));
    params.add_text_array(column<std::string_view>(
        rows, [](const auto& row) { return std::string_view(row.draft.action); }));
    params.add_text_array(column<std::string_view>(
        rows, [](const auto& row) { return std::string_view(row.draft.telemetry_ref); }));
    using Item = std::optional<std::string_view>;
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return std::string_view(row.body); }));
    params.add_bytes_array(
        column<Item>(rows, [](const auto& row) { return std::string_view(row.leaf); }));
    connection.queue(kInsertEvents, params);
}

}  // namespace soma::backends
