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
    project_weights(now, deadline);
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
        auto removal = event("memory.expire", tenant->id, now);
        removal.targets = {expired.memory};
        domain::Intent intent{.tenant = tenant->streams(), .now = now, .deadline = deadline};
        intent.changes.emplace_back(domain::Remove{expired.memory, std::move(removal)});
        // Gone already when somebody deleted it in between: then nothing is written.
        wait_for(committer_.submit(std::move(intent)), deadline);
    }
}

/// Once under each law, and once after the start, which knows not how far another process came.
/// Whether there is a row to write is decided under the stream's lock.
void Jobs::project_weights(Time now, const Deadline& deadline) {
    const auto law = laws_.find(now);
    if (!law) {
        return;
    }
    if (law->version != projecting_for_) {
        projecting_for_ = law->version;
        projected_ = Uuid{};
        owes_projections_ = true;
    }
    if (!owes_projections_) {
        return;
    }
    const auto tenants = maintenance_.learnt_under_older_law(
        law->version, projected_, limits_.projected_each_round, deadline);
    for (const Uuid& id : tenants) {
        if (const auto tenant = tenants_.find(id, deadline)) {
            domain::Intent intent{.tenant = tenant->streams(), .now = now, .deadline = deadline};
            intent.changes.emplace_back(
                domain::ProjectWeights{{law, &law->law}, event("weights.project", id, now)});
            wait_for(committer_.submit(std::move(intent)), deadline);
        }
        projected_ = id;
    }
    owes_projections_ = static_cast<int>(tenants.size()) == limits_.projected_each_round;
}

domain::EventDraft Jobs::event(std::string_view action, const Uuid& tenant, Time now) {
    domain::EventDraft event;
    event.id = ids_.next(now);
    event.tenant = tenant;
    event.stream = domain::Stream::state;
    event.actor = "somabrain";
    event.action = action;
    stamp(event, laws_.find(now).get());
    return event;
}

}  // namespace soma::services
