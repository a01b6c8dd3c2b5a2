#pragma once
#include <string>

#include "base/error.h"

namespace soma::backends {

/// A failure Postgres reported, or the loss of the session. Kinds: `unavailable` when the server is
/// down, overloaded, shutting down, out of space, or did not answer in time (Retry-After applies);
/// `internal` for everything else, which is our own SQL or data. The public message never quotes
/// the server; `detail` has its SQLSTATE and primary message (never DETAIL, which quotes rows).
class PostgresError : public Error {
  public:
    /// A failure of one statement; the session goes on.
    static PostgresError statement(std::string sqlstate, const std::string& message);
    /// The session is gone; what it was doing may or may not have happened.
    static PostgresError lost(const std::string& reason);
    /// As lost(), and COMMIT had left: `advice` tells a caller what to do about it.
    static PostgresError unknown(std::string advice, const std::string& reason);

    const std::string& sqlstate() const { return sqlstate_; }  ///< five characters, or empty
    bool connection_lost() const { return connection_lost_; }

  private:
    PostgresError(ErrorKind kind, std::string message, std::string detail, std::string sqlstate,
                  bool connection_lost);
    std::string sqlstate_;
    bool connection_lost_;
};

}  // namespace soma::backends
