#include "services/jobs/jobs.h"

#include "services/commit/wait.h"
#include "telemetry/log.h"

namespace soma::services {

void Jobs::start() {
    thread_.start([this](const std::stop_token& stop) {
        do {
            try {
                round();
            } catch (const Error& error) {
                telemetry::log(telemetry::Level::warn, "a round of jobs failed",
                               {{"error", error.public_message()}, {"detail", error.detail()}});
            }
        } while (pause(stop, limits_.period));
    });
}

void Jobs::round() {
    const Time now = wall_clock_now();
    const Deadline deadline(limits_.period);
    eraser_.follow(deadline);
    maintenance_.keep_partitions_ahead(limits_.partition_rows, deadline);
    maintenance_.prune(now, limits_.idempotency_lifetime, deadline);
    remove_expired(now, deadline);
    eraser_.finish_owed(now, deadline);
    conductor_.flow_owed(now, deadline);
}

void Jobs::remove_expired(Time now, const Deadline& deadline) {
    for (const auto& expired :
         maintenance_.expired_memories(now, limits_.expired_each_round, deadline)) {
        const auto tenant = tenants_.find(expired.tenant, deadline);
        if (!tenant) {
            continue;
        }
        domain::EventDraft event;
        event.id = ids_.next(now);
        event.tenant = tenant->id;
        event.stream = domain::Stream::state;
        event.actor = "somabrain";
        event.action = "memory.expire";
        event.targets = {expired.memory};
        stamp(event, laws_.find(now).get());
        domain::Intent intent{.tenant = tenant->streams(), .now = now, .deadline = deadline};
        intent.changes.emplace_back(domain::Remove{expired.memory, std::move(event)});
        // Gone already when somebody deleted it in between: then nothing is written.
        wait_for(committer_.submit(std::move(intent)), deadline);
    }
}

}  // namespace soma::services
