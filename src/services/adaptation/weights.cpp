#include "services/adaptation/weights.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"

namespace soma::services {

using std::chrono::steady_clock;

domain::Theta Weights::of(const Admission& admission, const Deadline& deadline) const {
    const Uuid& tenant = admission.tenant.id;
    std::optional<Known> known;
    {
        const std::lock_guard lock(mutex_);
        if (const Known* found = known_.find(tenant)) {
            known = *found;
        }
    }
    if (!known) {
        known = keep(tenant, read(tenant, deadline));
    } else if (steady_clock::now() - known->read_at > kMaxAge) {
        try {
            known = keep(tenant, read(tenant, Deadline(std::min(deadline.remaining(), kPatience))));
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::unavailable &&
                error.kind() != ErrorKind::deadline_exceeded) {
                throw;
            }
            known->read_at = steady_clock::now();  // asked again later
            keep(tenant, *known);
        }
    }
    const auto& law = admission.law->law;
    if (known->version != 0 && known->law == admission.law->version) {
        invariants_.see(telemetry::Invariant::bounds,
                        static_cast<double>(domain::count_outside(known->coordinates, law)));
    }
    return known->version == 0
               ? domain::starting_theta(law)
               : domain::theta_of(known->version, known->coordinates, law, known->verdicts);
}

void Weights::apply(const domain::AppliedChange& change) {
    if (change.learnt) {
        keep(change.tenant, known_of(*change.learnt, steady_clock::now()));
    }
}

Weights::Known Weights::known_of(const domain::LearntRow& row, steady_clock::time_point read_at) {
    return {row.version, row.constitution_version, row.after, row.charts.count, read_at};
}

Weights::Known Weights::read(const Uuid& tenant, const Deadline& deadline) const {
    const auto asked_at = steady_clock::now();
    const auto row = rows_.newest(tenant, deadline);
    return row ? known_of(*row, asked_at) : Known{.read_at = asked_at};
}

/// What was read may be older by now than what was committed meanwhile: versions only rise.
Weights::Known Weights::keep(const Uuid& tenant, Known fresh) const {
    const std::lock_guard lock(mutex_);
    if (const Known* found = known_.find(tenant); found && found->version > fresh.version) {
        return *found;
    }
    known_.put(tenant, fresh);
    return fresh;
}

}  // namespace soma::services
