#include "backends/postgres/postgres_error.h"

#include <array>
#include <string_view>
#include <utility>

namespace soma::backends {
namespace {

/// SQLSTATE classes and codes after which the same request may succeed later.
bool is_transient(std::string_view sqlstate) {
    static constexpr std::array<std::string_view, 6> kPrefixes{
        "08",     // connection exceptions
        "53",     // insufficient resources: connections, memory, disk
        "57P",    // shutting down, starting up
        "57014",  // statement_timeout
        "40",     // deadlock, serialisation
        "55P03",  // lock_timeout
    };
    for (const std::string_view prefix : kPrefixes) {
        if (sqlstate.starts_with(prefix)) {
            return true;
        }
    }
    return false;
}

}  // namespace

PostgresError::PostgresError(ErrorKind kind, std::string message, std::string detail,
                             std::string sqlstate, bool connection_lost)
    : Error(kind, std::move(message), std::move(detail)),
      sqlstate_(std::move(sqlstate)),
      connection_lost_(connection_lost) {}

PostgresError PostgresError::statement(std::string sqlstate, const std::string& message) {
    const bool transient = is_transient(sqlstate);
    std::string detail = "postgres " + sqlstate + ": " + message;
    return {transient ? ErrorKind::unavailable : ErrorKind::internal,
            transient ? "the store is busy: try again" : "the store refused this request",
            std::move(detail), std::move(sqlstate), false};
}

PostgresError PostgresError::lost(const std::string& reason) {
    return {ErrorKind::unavailable, "the store does not answer", "postgres: " + reason, {}, true};
}

PostgresError PostgresError::unknown(std::string advice, const std::string& reason) {
    return {ErrorKind::unavailable, std::move(advice), reason, {}, true};
}

}  // namespace soma::backends
