#include "backends/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.h"

namespace soma::backends {
namespace {

constexpr int kBinary = 1;

std::string trimmed(const char* message) {
    std::string text = message == nullptr ? "" : message;
    std::replace(text.begin(), text.end(), '\n', ' ');
    while (!text.empty() && text.back() == ' ') {
        text.pop_back();
    }
    return text;
}

bool failed(const pg_result* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED ||
           status == PGRES_BAD_RESPONSE;
}

/// False when the deadline passed first. Errors of the socket show in libpq's next call.
bool wait_for(int socket, short events, const Deadline& deadline) {
    pollfd entry{socket, events, 0};
    for (;;) {
        const auto left = deadline.remaining();
        const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
        if (ready > 0) {
            return true;
        }
        if (ready == 0 && deadline.passed()) {
            return false;
        }
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
}

std::string session_options(const ConnectionSettings& settings) {
    return "-c statement_timeout=" + std::to_string(settings.statement_timeout.count()) +
           // Closing the socket is how a deadline cancels: PQcancel would itself block.
           " -c client_connection_check_interval=500 -c timezone=UTC"
           // Whatever the server's default is: an acknowledged write is on disk.
           " -c synchronous_commit=on";
}

}  // namespace

Result::Result(pg_result* owned) : result_(owned) {}
void Result::Clear::operator()(pg_result* result) const {
    PQclear(result);
}
int Result::rows() const {
    return result_ ? PQntuples(result_.get()) : 0;
}
std::size_t Result::affected() const {
    const char* count = result_ ? PQcmdTuples(result_.get()) : "";
    return *count == '\0' ? 0 : std::stoull(count);
}

PostgresError Result::error() const {
    const char* sqlstate = PQresultErrorField(result_.get(), PG_DIAG_SQLSTATE);
    return PostgresError::statement(
        sqlstate == nullptr ? "" : sqlstate,
        trimmed(PQresultErrorField(result_.get(), PG_DIAG_MESSAGE_PRIMARY)));
}

std::unique_ptr<Connection> Connection::open(const ConnectionSettings& settings,
                                             const Deadline& deadline) {
    const std::string port = std::to_string(settings.port);
    const std::string options = session_options(settings);
    const std::array<const char*, 9> names{"host",     "port",    "dbname",           "user",
                                           "password", "options", "application_name", "gssencmode",
                                           nullptr};
    const std::array<const char*, 9> values{settings.host.c_str(),
                                            port.c_str(),
                                            settings.database.c_str(),
                                            settings.user.c_str(),
                                            settings.password.c_str(),
                                            options.c_str(),
                                            "somabrain",
                                            "disable",
                                            nullptr};
    std::unique_ptr<Connection> out(
        new Connection(PQconnectStartParams(names.data(), values.data(), 0)));
    pg_conn* connection = out->connection_;
    SOMA_ASSERT(connection != nullptr, "libpq is out of memory");
    auto state = PGRES_POLLING_WRITING;
    while (PQstatus(connection) != CONNECTION_BAD && state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED) {
            break;
        }
        const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for(PQsocket(connection), events, deadline)) {
            throw PostgresError::lost("connecting took too long");
        }
        state = PQconnectPoll(connection);
    }
    if (PQstatus(connection) != CONNECTION_OK) {
        throw PostgresError::lost(trimmed(PQerrorMessage(connection)));
    }
    PQsetNoticeProcessor(
        connection, [](void*, const char*) {}, nullptr);
    PQsetnonblocking(connection, 1);
    PQenterPipelineMode(connection);
    if (!settings.role.empty()) {
        char* quoted = PQescapeIdentifier(connection, settings.role.data(), settings.role.size());
        const std::string sql = std::string("SET ROLE ") + quoted;
        PQfreemem(quoted);
        out->run_script(sql, deadline);
    }
    return out;
}

Connection::~Connection() {
    if (connection_ != nullptr) {
        PQfinish(connection_);
    }
}

bool Connection::idle() const {
    return !broken_ && queued_.empty() && sent_.empty() &&
           PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

void Connection::lose(const std::string& reason) {
    broken_ = true;
    queued_.clear();
    sent_.clear();
    PQfinish(std::exchange(connection_, nullptr));
    throw PostgresError::lost(reason);
}

void Connection::lose() {
    lose(trimmed(PQerrorMessage(connection_)));
}

void Connection::queue(const Statement& statement, const Params& params) {
    if (broken_) {
        throw PostgresError::lost("the session is closed");
    }
    if (!prepared_.contains(statement.name)) {
        if (PQsendPrepare(connection_, statement.name, statement.sql, 0, nullptr) == 0) {
            lose();
        }
        // Withdrawn by receive() when the server did not take it.
        prepared_.insert(statement.name);
        queued_.push_back({statement.name});
    }
    put(statement, params);
    queued_.push_back({});
}

void Connection::put(const Statement& statement, const Params& params) {
    std::vector<const char*> values(params.size());
    std::vector<int> lengths(params.size());
    const std::vector<int> formats(params.size(), kBinary);
    for (std::size_t i = 0; i < params.size(); ++i) {
        values[i] = params.is_null(i) ? nullptr : params.bytes(i).data();
        lengths[i] = params.is_null(i) ? 0 : static_cast<int>(params.bytes(i).size());
    }
    if (PQsendQueryPrepared(connection_, statement.name, static_cast<int>(params.size()),
                            values.data(), lengths.data(), formats.data(), kBinary) == 0) {
        lose();
    }
}

void Connection::flush_output(const Deadline& deadline) {
    for (;;) {
        const int left = PQflush(connection_);
        if (left < 0) {
            lose();
        }
        if (left == 0) {
            return;
        }
        // The server may be waiting for us to read before it reads on.
        if (!wait_for(PQsocket(connection_), POLLIN | POLLOUT, deadline)) {
            lose("sending took too long");
        }
        if (PQconsumeInput(connection_) == 0) {
            lose();
        }
    }
}

void Connection::consume(const Deadline& deadline) {
    if (!wait_for(PQsocket(connection_), POLLIN, deadline)) {
        lose("no answer in time");
    }
    if (PQconsumeInput(connection_) == 0) {
        lose();
    }
}

pg_result* Connection::next_result(const Deadline& deadline) {
    while (PQisBusy(connection_) != 0) {
        consume(deadline);
    }
    pg_result* result = PQgetResult(connection_);
    if (PQstatus(connection_) == CONNECTION_BAD) {
        const std::string reason = trimmed(PQerrorMessage(connection_));
        PQclear(result);
        lose(reason);
    }
    return result;
}

void Connection::send(const Deadline& deadline) {
    if (broken_) {
        throw PostgresError::lost("the session is closed");
    }
    if (PQpipelineSync(connection_) == 0) {
        lose();
    }
    sent_.push_back(std::exchange(queued_, {}));
    flush_output(deadline);
}

std::vector<Result> Connection::receive(const Deadline& deadline) {
    if (broken_) {
        throw PostgresError::lost("the session is closed");
    }
    SOMA_ASSERT(!sent_.empty(), "only what was sent is answered");
    const std::vector<Queued> sent = std::move(sent_.front());
    sent_.pop_front();
    std::vector<Result> results;
    std::optional<PostgresError> error;
    for (const Queued& entry : sent) {
        Result result(next_result(deadline));
        const pg_result* raw = result.get();
        if (raw != nullptr && failed(raw)) {
            if (!error) {
                error = result.error();
            }
            prepared_.erase(entry.prepares);
        } else if (entry.prepares.empty()) {
            results.push_back(std::move(result));
        }
        Result end(next_result(deadline));  // the null that ends each statement's results
        SOMA_ASSERT(end.get() == nullptr, "one result for each statement");
    }
    Result sync(next_result(deadline));
    SOMA_ASSERT(PQresultStatus(sync.get()) == PGRES_PIPELINE_SYNC, "the pipeline ends in a sync");
    if (error) {
        throw *error;
    }
    return results;
}

std::vector<Result> Connection::flush(const Deadline& deadline) {
    send(deadline);
    return receive(deadline);
}

Result Connection::run(const Statement& statement, const Params& params, const Deadline& deadline) {
    queue(statement, params);
    return std::move(flush(deadline).front());
}

void Connection::run_script(const std::string& sql, const Deadline& deadline) {
    if (broken_) {
        throw PostgresError::lost("the session is closed");
    }
    SOMA_ASSERT(queued_.empty() && sent_.empty(), "a script does not join a pipeline");
    PQexitPipelineMode(connection_);
    if (PQsendQuery(connection_, sql.c_str()) == 0) {
        lose();
    }
    flush_output(deadline);
    end_script(deadline);
}

/// Reads all that is left, returns to the pipeline, and throws the first error there was. Rows that
/// the last statement touched.
std::uint64_t Connection::end_script(const Deadline& deadline) {
    std::optional<PostgresError> error;
    std::uint64_t rows = 0;
    for (;;) {
        const Result result(next_result(deadline));
        if (result.get() == nullptr) {
            break;
        }
        if (!failed(result.get())) {
            rows = result.affected();
        } else if (!error) {
            error = result.error();
        }
    }
    PQenterPipelineMode(connection_);
    if (error) {
        throw *error;
    }
    return rows;
}

void Connection::rollback(const Deadline& deadline) noexcept {
    if (broken_) {
        return;
    }
    try {
        run_script("ROLLBACK", deadline);
    } catch (const Error&) {
        // A statement error here leaves the state in doubt just as a lost session does.
        broken_ = true;
    }
}

}  // namespace soma::backends
