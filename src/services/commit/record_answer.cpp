#include "services/commit/record_answer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "backends/postgres/postgres_error.h"
#include "base/error.h"
#include "domain/ledger/buffered_event.h"
#include "services/commit/wait.h"

namespace soma::services {
namespace {

Deadline patience(const Deadline& deadline) {
    return Deadline(std::min(deadline.remaining(), kLedgerPatience));
}

void put_into(backends::AuditStream& buffer, const domain::TenantStreams& tenant, Time now,
              domain::EventDraft event, const std::string& why) {
    event.tenant = tenant.tenant;
    const std::string bytes = domain::encode_buffered(std::move(event), now);
    if (buffer.append(bytes) != backends::Appended::durable) {
        throw Error(ErrorKind::unavailable, "the record of this request could not be written",
                    why + "; the buffer does not take it either");
    }
}

/// Why the store has not written the record; "" when it has.
std::string trouble_of(std::future<domain::Outcome> outcome, const Deadline& deadline) {
    if (outcome.wait_until(deadline.at()) != std::future_status::ready) {
        return "no answer from PostgreSQL in time";
    }
    try {
        outcome.get();
        return "";
    } catch (const backends::PostgresError& error) {
        if (error.kind() != ErrorKind::unavailable) {
            throw;
        }
        return error.public_message() + ": " + error.detail();
    } catch (const Error& error) {
        // A full queue, a restored database: what this process must refuse, whatever the buffer is.
        throw unrecorded(error);
    }
}

}  // namespace

void record_answer(Committer& committer, const domain::TenantStreams& tenant, Time now,
                   domain::EventDraft event, const Deadline& deadline) {
    auto* buffer = committer.buffer();
    const bool buffered = buffer != nullptr && buffer->usable();
    const bool outage = committer.outage().goes_on();
    if (buffered && outage) {
        put_into(*buffer, tenant, now, std::move(event), "PostgreSQL does not answer");
        return;
    }
    const auto record = std::make_shared<domain::AnswerRecord>(std::move(event));
    domain::Intent intent{.tenant = tenant, .now = now, .deadline = deadline};
    intent.answered = record;
    auto outcome = committer.submit(std::move(intent));
    if (!buffered) {
        wait_for_record(std::move(outcome), outage ? patience(deadline) : deadline);
        return;
    }
    const std::string trouble = trouble_of(std::move(outcome), patience(deadline));
    if (trouble.empty()) {
        return;
    }
    committer.outage().begin();
    // From here on no plan contains it. Before anything leaves for the buffer: a replay could
    // otherwise be overtaken by the committer.
    record->elsewhere.store(true, std::memory_order_release);
    put_into(*buffer, tenant, now, record->event, trouble);
}

Deadline rows_deadline(Committer& committer, const Deadline& deadline) {
    return committer.outage().goes_on() ? patience(deadline) : deadline;
}

}  // namespace soma::services
