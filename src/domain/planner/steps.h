#pragma once
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace soma::domain {

/// Limits of a plan.
inline constexpr std::size_t kMaxPlanGoals = 20;
inline constexpr std::size_t kMaxPlanSteps = 100;
inline constexpr std::size_t kMaxPlanLinks = 1'000;
/// The faintest link counts as much as this share of the strongest: what faded long ago still
/// joins.
inline constexpr double kLeastConductance = 0.1;

/// `step` depends on `needs`, which therefore comes first. Both are numbers of steps.
struct Dependency {
    std::uint32_t step = 0;
    std::uint32_t needs = 0;
    double weight = 1;  ///< the link's, above 0

    friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// Steps 0 … count−1, what they depend on, and those that are wanted. Every step is a goal or
/// needed, near or far, by one.
struct StepGraph {
    std::size_t count = 0;
    std::vector<Dependency> dependencies;
    std::vector<std::uint32_t> goals;  ///< at least one, each once
};

struct OrderedStep {
    std::uint32_t step = 0;
    std::uint32_t depth = 0;  ///< 0: needs nothing; else one more than the deepest it needs
    double mass = 0;          ///< p_t of the bridge when it was chosen

    friend bool operator==(const OrderedStep&, const OrderedStep&) = default;
};

/// Steps each of which needs the next, and the last the first. It begins with the lowest number.
struct DependencyCycle {
    std::vector<std::uint32_t> steps;

    friend bool operator==(const DependencyCycle&, const DependencyCycle&) = default;
};

/// All steps, each after everything it needs. Among those that could be next, at place i from 1 to
/// n the one with the greatest mass p_t, t = i / (n + 1), of the bridge (math/bridge) that leads
/// from the steps without needs to the goals over the links' weights; equal masses by number. A
/// walker makes about as many moves as there are steps. Where the bridge has no answer all masses
/// are 0. Pure and deterministic; one of the cycles where there is any. The limits above and links
/// between different steps that exist are preconditions (SOMA_ASSERT).
std::variant<std::vector<OrderedStep>, DependencyCycle> order_steps(const StepGraph& graph);

}  // namespace soma::domain
