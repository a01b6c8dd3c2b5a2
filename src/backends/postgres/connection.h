#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/binary.h"
#include "backends/postgres/postgres_error.h"
#include "base/time.h"

struct pg_conn;
struct pg_result;

namespace soma::backends {

/// Where a server is and who logs in.
struct ConnectionSettings {
    std::string host = "127.0.0.1";
    int port = 5432;
    std::string database = "somabrain";
    std::string user = "soma_app";
    std::string password;
    std::string role;  ///< assumed by SET ROLE after the login; empty: none
    /// The server gives a statement up by itself after this long, so that a client which has gone
    /// away holds no locks.
    std::chrono::milliseconds statement_timeout{10'000};
};

/// SQL with a name: prepared on first use on each connection. Both must outlive the program's use
/// of it: declare as static constexpr.
struct Statement {
    const char* name;
    const char* sql;
};

/// The rows of one statement, in binary form. Cheap to move.
class Result {
  public:
    Result() = default;
    explicit Result(pg_result* owned);

    int rows() const;
    /// Rows an INSERT, UPDATE or DELETE touched.
    std::size_t affected() const;
    RowView row(int index) const { return RowView(result_.get(), index); }
    /// Of a statement that failed.
    PostgresError error() const;
    const pg_result* get() const { return result_.get(); }

  private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

/// One session with a Postgres server. Not thread-safe; movable by unique_ptr only.
///
/// Every call is bound by a deadline: sockets are non-blocking and waited for with poll. When a
/// deadline passes the session is closed (the server notices within half a second and rolls back):
/// a session whose last answer is unknown is never used again. Failures throw PostgresError.
class Connection {
  public:
    static std::unique_ptr<Connection> open(const ConnectionSettings& settings,
                                            const Deadline& deadline);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// One statement, one round trip.
    Result run(const Statement& statement, const Params& params, const Deadline& deadline);

    /// Adds a statement to the pipeline; nothing is waited for.
    void queue(const Statement& statement, const Params& params);
    /// Sends what is queued, as one whole; more may be queued and sent before it is answered.
    void send(const Deadline& deadline);
    /// The results, in order, of the oldest whole that was sent and not yet received. The first
    /// failing statement is thrown once the server has answered all of it: the statements behind it
    /// were skipped. The session stays usable unless the error says connection_lost.
    std::vector<Result> receive(const Deadline& deadline);
    /// Sends what is queued and waits for its results.
    std::vector<Result> flush(const Deadline& deadline);

    /// Several statements in one text (a migration), as one implicit transaction unless it says
    /// BEGIN.
    void run_script(const std::string& sql, const Deadline& deadline);

    /// COPY … TO STDOUT: hands on piece after piece as they come; returns how many rows they were.
    std::uint64_t copy_out(const std::string& sql,
                           const std::function<void(std::string_view)>& take,
                           const Deadline& deadline);
    /// COPY … FROM STDIN: asks for piece after piece until an empty one ends it; returns how many
    /// rows the server made of them. What `take` or `give` throws closes the session.
    std::uint64_t copy_in(const std::string& sql, const std::function<std::string_view()>& give,
                          const Deadline& deadline);

    /// Ends a transaction that failed. Never throws; a session that does not answer is closed.
    void rollback(const Deadline& deadline) noexcept;

    /// Closed by an error or a deadline: open another.
    bool broken() const { return broken_; }
    /// Outside a transaction with nothing queued or unanswered: fit for the next user.
    bool idle() const;

  private:
    struct Queued {
        std::string
            prepares;  ///< name, when this entry is a PREPARE; its result is not the caller's
    };

    explicit Connection(pg_conn* connection) : connection_(connection) {}
    void put(const Statement& statement, const Params& params);
    pg_result* next_result(const Deadline& deadline);
    void consume(const Deadline& deadline);
    void begin_copy(const std::string& sql, int direction, const Deadline& deadline);
    std::uint64_t end_script(const Deadline& deadline);
    void take_pieces(const std::function<void(std::string_view)>& take, const Deadline& deadline);
    void give_pieces(const std::function<std::string_view()>& give, const Deadline& deadline);
    void flush_output(const Deadline& deadline);
    [[noreturn]] void lose(const std::string& reason);
    [[noreturn]] void lose();  ///< for libpq's reason

    pg_conn* connection_;
    bool broken_ = false;
    std::set<std::string, std::less<>> prepared_;
    std::vector<Queued> queued_;
    std::deque<std::vector<Queued>> sent_;
};

}  // namespace soma::backends
