#pragma once
#include <future>
#include <utility>

#include "base/error.h"
#include "base/time.h"
#include "domain/ledger/intent.h"

namespace soma::services {

/// The outcome of a submitted change, or Error unavailable when it is not known by the deadline:
/// the commit may then still happen, so a write is to be repeated with its Idempotency-Key.
inline domain::Outcome wait_for(std::future<domain::Outcome> outcome, const Deadline& deadline) {
    if (outcome.wait_until(deadline.at()) != std::future_status::ready) {
        throw Error(ErrorKind::unavailable, "outcome unknown: repeat with the same Idempotency-Key",
                    "no answer from the committer before the deadline");
    }
    return outcome.get();
}

/// What a caller is told whose request's record failed so: whatever the store's trouble is, it is
/// plainly unavailable. Our own mistakes stay what they are.
inline Error unrecorded(const Error& error) {
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::deadline_exceeded) {
        return error;
    }
    return {ErrorKind::unavailable, "the record of this request could not be written",
            error.public_message() + ": " + error.detail()};
}

/// The same for an intent that changes nothing and only records an answer (a read, an evaluation, a
/// refusal). Whether its event was written is all one to the caller, who has no key to repeat it
/// with: whatever the store's trouble is, it is plainly unavailable, and to be asked again.
inline domain::Outcome wait_for_record(std::future<domain::Outcome> outcome,
                                       const Deadline& deadline) {
    try {
        return wait_for(std::move(outcome), deadline);
    } catch (const Error& error) {
        throw unrecorded(error);
    }
}

}  // namespace soma::services
