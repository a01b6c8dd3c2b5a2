#include "domain/planner/steps.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "math/bridge/bridge.h"

namespace soma::domain {
namespace {

using Numbers = std::vector<std::uint32_t>;

constexpr std::size_t kMostIterations = 1'000;
/// Masses are rounded to 1e-9, so that what is equal but for the last bits is equal.
constexpr double kMassSteps = 1e9;

void check(const StepGraph& graph) {
    SOMA_ASSERT(graph.count > 0 && graph.count <= kMaxPlanSteps, "a plan has its number of steps");
    SOMA_ASSERT(!graph.goals.empty() && graph.goals.size() <= kMaxPlanGoals, "a plan has goals");
    SOMA_ASSERT(graph.dependencies.size() <= kMaxPlanLinks, "a plan has its number of links");
    for (const auto& [step, needs, weight] : graph.dependencies) {
        SOMA_ASSERT(step < graph.count && needs < graph.count && step != needs && weight > 0,
                    "a link joins two steps of the plan");
    }
}

/// needs[s]: what step s needs, ascending.
std::vector<Numbers> needs_of(const StepGraph& graph) {
    std::vector<Numbers> needs(graph.count);
    for (const auto& link : graph.dependencies) {
        needs[link.step].push_back(link.needs);
    }
    for (auto& each : needs) {
        std::sort(each.begin(), each.end());
        each.erase(std::unique(each.begin(), each.end()), each.end());
    }
    return needs;
}

/// Of what is left when every step without open needs is taken away, the way along the first need
/// that is left too must come back to itself.
DependencyCycle cycle_among(const std::vector<Numbers>& needs, const std::vector<bool>& is_done) {
    const auto next = [&](std::uint32_t step) {
        return *std::find_if(needs[step].begin(), needs[step].end(),
                             [&](std::uint32_t need) { return !is_done[need]; });
    };
    auto at = static_cast<std::uint32_t>(std::find(is_done.begin(), is_done.end(), false) -
                                         is_done.begin());
    for (std::size_t i = 0; i < needs.size(); ++i) {
        at = next(at);  // into the cycle, wherever the walk began
    }
    DependencyCycle cycle;
    for (const std::uint32_t first = at; cycle.steps.empty() || at != first; at = next(at)) {
        cycle.steps.push_back(at);
    }
    std::rotate(cycle.steps.begin(), std::min_element(cycle.steps.begin(), cycle.steps.end()),
                cycle.steps.end());
    return cycle;
}

/// The likeliest way from the steps without needs to the goals.
std::optional<math::Bridge> bridge_over(const math::Graph& shape, const StepGraph& graph,
                                        const std::vector<Numbers>& needs,
                                        const std::vector<double>& conductance) {
    std::vector<double> goals_in(shape.components(), 0);
    std::vector<double> beginnings_in(shape.components(), 0);
    std::vector<double> from(graph.count, 0);
    std::vector<double> to(graph.count, 0);
    for (const std::uint32_t goal : graph.goals) {
        to[goal] = 1.0 / static_cast<double>(graph.goals.size());
        goals_in[shape.component()[goal]] += to[goal];
    }
    for (std::size_t s = 0; s < graph.count; ++s) {
        beginnings_in[shape.component()[s]] += needs[s].empty() ? 1 : 0;
    }
    for (std::size_t s = 0; s < graph.count; ++s) {
        const auto component = shape.component()[s];
        from[s] = needs[s].empty() ? goals_in[component] / beginnings_in[component] : 0;
    }
    std::vector<double> degree(graph.count, 0);
    for (std::size_t e = 0; e < conductance.size(); ++e) {
        degree[shape.edges()[e].from] += conductance[e];
        degree[shape.edges()[e].to] += conductance[e];
    }
    const double busiest = std::max(1.0, *std::max_element(degree.begin(), degree.end()));
    auto bridge = math::Bridge::make(shape, conductance, static_cast<double>(graph.count) / busiest,
                                     from, to, {.most_iterations = kMostIterations});
    return bridge ? std::optional(std::move(*bridge)) : std::nullopt;
}

std::vector<double> mass_at(const std::optional<math::Bridge>& bridge, std::size_t place,
                            std::size_t count) {
    const double t = static_cast<double>(place + 1) / static_cast<double>(count + 1);
    auto mass = bridge ? bridge->at(t) : math::Result<std::vector<double>>(std::vector<double>());
    if (!mass || mass->empty()) {
        return std::vector<double>(count, 0);
    }
    for (double& each : *mass) {
        each = std::round(each * kMassSteps) / kMassSteps;
    }
    return std::move(*mass);
}

std::vector<double> conductances(const StepGraph& graph) {
    double strongest = 0;
    for (const auto& link : graph.dependencies) {
        strongest = std::max(strongest, link.weight);
    }
    std::vector<double> out;
    for (const auto& link : graph.dependencies) {
        out.push_back(std::max(link.weight / strongest, kLeastConductance));
    }
    return out;
}

math::Graph shape_of(const StepGraph& graph) {
    std::vector<math::Edge> edges;
    for (const auto& link : graph.dependencies) {
        edges.push_back({link.step, link.needs});
    }
    auto shape = math::Graph::make(graph.count, std::move(edges));
    SOMA_ASSERT(shape.has_value(), "checked before");
    return std::move(*shape);
}

/// Steps whose needs are met, and how deep they stand.
class Frontier {
  public:
    explicit Frontier(const std::vector<Numbers>& needs)
        : needs_(needs), depth_(needs.size(), 0), is_done_(needs.size(), false) {}

    /// Those that may be next, ascending.
    Numbers ready() const {
        Numbers out;
        for (std::uint32_t s = 0; s < needs_.size(); ++s) {
            const bool is_open = std::any_of(needs_[s].begin(), needs_[s].end(),
                                             [&](std::uint32_t need) { return !is_done_[need]; });
            if (!is_done_[s] && !is_open) {
                out.push_back(s);
            }
        }
        return out;
    }
    std::uint32_t take(std::uint32_t step) {
        is_done_[step] = true;
        for (const std::uint32_t need : needs_[step]) {
            depth_[step] = std::max(depth_[step], depth_[need] + 1);
        }
        return depth_[step];
    }
    const std::vector<bool>& done() const { return is_done_; }

  private:
    const std::vector<Numbers>& needs_;
    Numbers depth_;
    std::vector<bool> is_done_;
};

std::optional<DependencyCycle> find_cycle(const std::vector<Numbers>& needs) {
    Frontier frontier(needs);
    for (std::size_t taken = 0; taken < needs.size();) {
        const Numbers ready = frontier.ready();
        if (ready.empty()) {
            return cycle_among(needs, frontier.done());
        }
        for (const std::uint32_t step : ready) {
            frontier.take(step);
        }
        taken += ready.size();
    }
    return std::nullopt;
}

}  // namespace

std::variant<std::vector<OrderedStep>, DependencyCycle> order_steps(const StepGraph& graph) {
    check(graph);
    const auto needs = needs_of(graph);
    if (auto cycle = find_cycle(needs)) {
        return std::move(*cycle);
    }
    const math::Graph shape = shape_of(graph);
    const auto bridge = bridge_over(shape, graph, needs, conductances(graph));
    Frontier frontier(needs);
    std::vector<OrderedStep> order;
    for (std::size_t place = 0; place < graph.count; ++place) {
        const auto mass = mass_at(bridge, place, graph.count);
        const Numbers ready = frontier.ready();
        const auto best =
            *std::max_element(ready.begin(), ready.end(),
                              [&](std::uint32_t a, std::uint32_t b) { return mass[a] < mass[b]; });
        order.push_back({best, frontier.take(best), mass[best]});
    }
    return order;
}

}  // namespace soma::domain
