#pragma once
#include <optional>

#include "domain/ledger/plan.h"

namespace soma::domain {

/// What changes do to a tenant's weights: decided on the history that was found under the lock of
/// its `state` stream, and carried on in it for the group's later changes. Pure.

/// The rows of a verdict, and what its event tells of them; nothing where it teaches nothing.
void plan_teaching(const AddFeedback& feedback, Time now, LearningHistory& history,
                   PlannedChange& planned, TenantWrites& writes);

/// The row of a return. `refuse_learning` has been asked.
void plan_rollback(const RollBackWeights& rollback, Time now, LearningHistory& history,
                   PlannedChange& planned, TenantWrites& writes);

/// The row of a law whose bounds do not hold θ. `refuse_learning` has been asked.
void plan_projection(const ProjectWeights& project, Time now, LearningHistory& history,
                     PlannedChange& planned, TenantWrites& writes);

/// Why the intent writes nothing of what is learnt: it goes back to a version that is not an
/// earlier one, or is a projection that there is no need of. nullopt: it does, or is about else.
std::optional<Outcome> refuse_learning(const Intent& intent, const LearningHistory& history);

}  // namespace soma::domain
