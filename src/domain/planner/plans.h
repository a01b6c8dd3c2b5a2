#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "domain/planner/candidates.h"
#include "domain/planner/steps.h"

namespace soma::domain {

/// At most so many plans are compared for one answer.
inline constexpr std::size_t kMaxPlanCandidates = 6;

/// What each step is worth to the goals: 1 for a goal, and for what is needed as much as the
/// strongest way from a goal to it, its links' weights multiplied (each from 0.1 to 1). `order` is
/// the graph's. Pure.
std::vector<double> worth_of_steps(const StepGraph& graph, std::span<const OrderedStep> order);

/// Plans compared: the same steps in other orders, and only the first of them. In each of them
/// every step comes after all it needs, and all it needs is there. `memories` of a candidate are
/// numbers of steps; those within the budget are the plan.
///
/// "bridge": all, as `order` has them. "path": all, one chain of needs after the other, the
/// strongest link first. "layers": all, by depth. "densest": all, of those that could be next the
/// one of most worth per token. "half" and "shallow": those of at most half the depth, and of none,
/// as `order` has them. Without budget and price "bridge" is the best. `tokens`: what quoting each
/// step takes. What the law takes off for steps is in `action`: what a plan leaves out is needed
/// all the same. Pure.
Choice choose_plan(const UtilityFigures& action, const TokenTerms& terms, const StepGraph& graph,
                   std::span<const OrderedStep> order, std::span<const std::size_t> tokens);

}  // namespace soma::domain
