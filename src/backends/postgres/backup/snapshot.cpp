#include "backends/postgres/backup/snapshot.h"

#include <utility>

#include "backends/postgres/schema/migrations.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr Statement kLog{"backup_log",
                         "SELECT l.log_id, l.first_index, l.size, e.leaf FROM log l"
                         " LEFT JOIN events e ON e.log_id = l.log_id AND e.log_index = l.size - 1"};

}  // namespace

domain::LogHead read_log_head(Connection& connection, const Deadline& deadline) {
    const Result result = connection.run(kLog, {}, deadline);
    SOMA_ASSERT(result.rows() == 1, "the log has one row");
    const RowView row = result.row(0);
    domain::LogHead head{row.uuid(0), row.uint64(1), row.uint64(2), {}};
    if (head.size > head.first_index) {
        if (row.is_null(3)) {
            throw Error(ErrorKind::internal, "the log's last event is missing");
        }
        head.last_leaf = row.bytes(3);
    }
    return head;
}

Snapshot::Snapshot(ConnectionSettings settings, const Deadline& deadline) : deadline_(deadline) {
    // One table may take long; the deadline bounds all of it.
    settings.statement_timeout = std::chrono::milliseconds(0);
    connection_ = Connection::open(settings, deadline_);
    check_schema(*connection_, deadline_);
    connection_->run_script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", deadline_);
    // A slow disk on our side is no idleness.
    connection_->run_script("SET LOCAL idle_in_transaction_session_timeout = 0", deadline_);
    tables_ = tables_to_copy(*connection_, deadline_);
    log_ = read_log_head(*connection_, deadline_);
}

std::uint64_t Snapshot::copy(const CopiedTable& table,
                             const std::function<void(std::string_view)>& take) {
    return connection_->copy_out("COPY (SELECT " + table.column_list() + " FROM " + table.name +
                                     ") TO STDOUT (FORMAT binary)",
                                 take, deadline_);
}

}  // namespace soma::backends
