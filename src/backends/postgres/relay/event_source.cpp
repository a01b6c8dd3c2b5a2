#include "backends/postgres/relay/event_source.h"

#include <array>

#include "backends/postgres/schema/migrations.h"
#include "base/error.h"

namespace soma::backends {
namespace {

// Any number will do, so long as every version of this program uses the same.
constexpr Statement kTakeTurn{"relay_turn", "SELECT pg_try_advisory_lock(7316229409)"};
constexpr Statement kLog{
    "relay_log",
    "SELECT l.log_id, l.first_index, l.size, (SELECT e.log_id FROM events e"
    " WHERE e.log_index < l.first_index ORDER BY e.log_index DESC LIMIT 1) FROM log l"};
// The committer holds the log's row until its commit: what is visible has no holes.
constexpr Statement kRead{
    "relay_read",
    "SELECT e.log_id, e.log_index, e.tenant, e.stream, e.action, t.shard::int, e.time, e.body"
    " FROM events e LEFT JOIN tenants t ON t.id = e.tenant"
    " WHERE e.log_index >= $1::bigint ORDER BY e.log_index LIMIT $2::int"};

domain::LogSpan log_of(const RowView& row) {
    return {row.uuid(0), row.uint64(1), row.uint64(2), row.optional_uuid(3)};
}

domain::Stream stream_of(std::string_view name) {
    for (const auto stream :
         std::array{domain::Stream::state, domain::Stream::access, domain::Stream::system}) {
        if (domain::to_string(stream) == name) {
            return stream;
        }
    }
    SOMA_ASSERT(false, "the schema knows three streams");
}

domain::RelayedEvent event_of(const RowView& row) {
    domain::RelayedEvent out;
    out.log_id = row.uuid(0);
    out.log_index = row.uint64(1);
    out.tenant = row.optional_uuid(2);
    out.stream = stream_of(row.bytes(3));
    out.action = row.bytes(4);
    out.shard = row.optional_int32(5).value_or(0);
    out.time = row.time(6);
    out.body = row.bytes(7);
    return out;
}

}  // namespace

EventSource::EventSource(const ConnectionSettings& settings, const Deadline& deadline)
    : connection_(Connection::open(settings, deadline)) {
    check_schema(*connection_, deadline);
}

bool EventSource::take_turn(const Deadline& deadline) {
    return connection_->run(kTakeTurn, {}, deadline).row(0).boolean(0);
}

domain::LogSpan EventSource::log(const Deadline& deadline) {
    return log_of(connection_->run(kLog, {}, deadline).row(0));
}

EventPage EventSource::read(std::uint64_t from, int limit, const Deadline& deadline) {
    connection_->queue(kLog, {});
    connection_->queue(kRead, Params().add(from).add(std::int32_t{limit}));
    const auto results = connection_->flush(deadline);
    EventPage out{log_of(results[0].row(0)), {}};
    out.events.reserve(static_cast<std::size_t>(results[1].rows()));
    for (int i = 0; i < results[1].rows(); ++i) {
        out.events.push_back(event_of(results[1].row(i)));
    }
    return out;
}

}  // namespace soma::backends
