#pragma once
#include <functional>

#include "backends/postgres/connection.h"
#include "base/time.h"
#include "domain/ledger/plan.h"

namespace soma::backends {

/// The committer's transaction: one round trip when its findings can be presumed, two when they
/// must be read. Only the committer calls these.

/// BEGIN; locks the streams in order of id; reads what the questions ask, under those locks; locks
/// the log last. Idempotency keys made at or before `keys_expired_at` count as absent and are
/// deleted.
domain::Findings lock_and_read(Connection& connection, const domain::Questions& questions,
                               Time keys_expired_at, const Deadline& deadline);

/// What a plan rests on.
enum class Basis {
    read,      ///< lock_and_read in this transaction
    presumed,  ///< a position kept from an earlier one; the transaction begins here
};

/// Sends the plan's rows and COMMIT, as one whole; connection.receive() returns when the server has
/// answered COMMIT. A presumption that does not hold is its PostgresError (serialisation failure,
/// or a repeated Idempotency-Key), and nothing is written. `before_commit` is called when all else
/// is queued and nothing of COMMIT has left: a session that is lost later leaves the outcome
/// unknown.
void send_and_commit(Connection& connection, const domain::Plan& plan, Basis basis,
                     const std::function<void()>& before_commit, const Deadline& deadline);

}  // namespace soma::backends
