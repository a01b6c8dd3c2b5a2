#include "domain/planner/plans.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/error.h"

namespace soma::domain {
namespace {

using Places = std::vector<std::size_t>;

/// needs[s]: the links of step s, the strongest first.
std::vector<std::vector<Dependency>> links_of(const StepGraph& graph) {
    std::vector<std::vector<Dependency>> links(graph.count);
    for (const auto& link : graph.dependencies) {
        links[link.step].push_back(link);
    }
    for (auto& each : links) {
        std::stable_sort(each.begin(), each.end(), [](const Dependency& a, const Dependency& b) {
            return a.weight != b.weight ? a.weight > b.weight : a.needs < b.needs;
        });
    }
    return links;
}

/// What may come up to a depth, as `order` has it.
Places up_to(std::span<const OrderedStep> order, std::uint32_t depth) {
    Places out;
    for (const auto& step : order) {
        if (step.depth <= depth) {
            out.push_back(step.step);
        }
    }
    return out;
}

Places layers(std::span<const OrderedStep> order) {
    std::vector<OrderedStep> sorted(order.begin(), order.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const OrderedStep& a, const OrderedStep& b) { return a.depth < b.depth; });
    Places out;
    for (const auto& step : sorted) {
        out.push_back(step.step);
    }
    return out;
}

/// Each goal after its needs, which come after theirs. Depth is at most kMaxPlanSteps.
Places path(const StepGraph& graph) {
    const auto links = links_of(graph);
    std::vector<bool> is_done(graph.count, false);
    Places out;
    const std::function<void(std::uint32_t)> visit = [&](std::uint32_t step) {
        if (is_done[step]) {
            return;
        }
        is_done[step] = true;
        for (const auto& link : links[step]) {
            visit(link.needs);
        }
        out.push_back(step);
    };
    for (const std::uint32_t goal : graph.goals) {
        visit(goal);
    }
    return out;
}

/// Of the steps whose needs are met always the one of most worth per token, of equals the first.
Places densest(const StepGraph& graph, const std::vector<double>& worth,
               std::span<const std::size_t> tokens) {
    const auto links = links_of(graph);
    std::vector<bool> is_done(graph.count, false);
    const auto is_ready = [&](std::size_t step) {
        return !is_done[step] &&
               std::all_of(links[step].begin(), links[step].end(),
                           [&](const Dependency& link) { return is_done[link.needs]; });
    };
    const auto density = [&](std::size_t step) {
        return worth[step] / static_cast<double>(std::max<std::size_t>(1, tokens[step]));
    };
    Places out;
    while (out.size() < graph.count) {
        std::size_t best = graph.count;
        for (std::size_t step = 0; step < graph.count; ++step) {
            if (is_ready(step) && (best == graph.count || density(step) > density(best))) {
                best = step;
            }
        }
        SOMA_ASSERT(best < graph.count, "a graph that has an order has no ring");
        is_done[best] = true;
        out.push_back(best);
    }
    return out;
}

}  // namespace

std::vector<double> worth_of_steps(const StepGraph& graph, std::span<const OrderedStep> order) {
    const auto links = links_of(graph);
    std::vector<double> worth(graph.count, 0);
    for (const std::uint32_t goal : graph.goals) {
        worth[goal] = 1;
    }
    // From the last step back, whoever needs a step has its worth already.
    for (auto step = order.rbegin(); step != order.rend(); ++step) {
        for (const auto& link : links[step->step]) {
            const double weight = std::clamp(link.weight, kLeastConductance, 1.0);
            worth[link.needs] = std::max(worth[link.needs], worth[step->step] * weight);
        }
    }
    return worth;
}

Choice choose_plan(const UtilityFigures& action, const TokenTerms& terms, const StepGraph& graph,
                   std::span<const OrderedStep> order, std::span<const std::size_t> tokens) {
    SOMA_ASSERT(order.size() == graph.count && tokens.size() == graph.count, "one for each step");
    const auto worth = worth_of_steps(graph, order);
    std::vector<CandidateMemory> steps;
    for (std::size_t step = 0; step < graph.count; ++step) {
        steps.push_back({.share = worth[step], .tokens = tokens[step]});
    }
    const std::uint32_t deepest =
        std::max_element(order.begin(), order.end(), [](const auto& a, const auto& b) {
            return a.depth < b.depth;
        })->depth;
    std::vector<Pick> picks{
        {"bridge", up_to(order, deepest)},   {"path", path(graph)},
        {"layers", layers(order)},           {"densest", densest(graph, worth, tokens)},
        {"half", up_to(order, deepest / 2)}, {"shallow", up_to(order, 0)}};
    SOMA_ASSERT(picks.size() <= kMaxPlanCandidates, "an answer has room for so many");
    return choose_among(action, terms, steps, std::move(picks));
}

}  // namespace soma::domain
