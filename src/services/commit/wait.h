#pragma once
#include <future>

#include "base/error.h"
#include "base/time.h"
#include "domain/ledger/intent.h"

namespace soma::services {

/// The outcome of a submitted intent, or Error unavailable when it is not known by the deadline:
/// the commit may then still happen, so a write is to be repeated with its Idempotency-Key.
inline domain::Outcome wait_for(std::future<domain::Outcome> outcome, const Deadline& deadline) {
    if (outcome.wait_until(deadline.at()) != std::future_status::ready) {
        throw Error(ErrorKind::unavailable, "outcome unknown: repeat with the same Idempotency-Key",
                    "no answer from the committer before the deadline");
    }
    return outcome.get();
}

}  // namespace soma::services
