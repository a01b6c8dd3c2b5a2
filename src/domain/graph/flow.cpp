#include "domain/graph/flow.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "math/frgo/frgo.h"

namespace soma::domain {
namespace {

constexpr math::FrgoRule kRule{.lower = kMinLinkConductance, .upper = kMaxLinkConductance};

/// The links as a graph: vertices numbered as they are met, edges in the order of the links.
class Network {
  public:
    Network(std::span<const Link> links, Time now) {
        std::vector<math::Edge> edges;
        for (const Link& link : links) {
            const std::uint32_t from = number(link.key.from);
            edges.push_back({from, number(link.key.to)});
            conductance_.push_back(conductance_at(link, now));
        }
        graph_ = math::Graph::make(numbers_.size(), std::move(edges)).value();
    }

    const math::Graph& graph() const { return *graph_; }
    const std::vector<double>& conductance() const { return conductance_; }

    /// What a verdict lets in and out at each vertex, and in which component; nullopt: no way.
    struct Current {
        std::vector<double> b;
        std::uint32_t component = 0;
    };
    std::optional<Current> current(const FlowVerdict& verdict) const {
        const auto source = numbers_.find(verdict.source);
        if (source == numbers_.end()) {
            return std::nullopt;
        }
        const auto& component = graph_->component();
        std::set<std::uint32_t> sinks;
        for (const Uuid& id : verdict.sinks) {
            const auto sink = numbers_.find(id);
            if (sink != numbers_.end() && sink->second != source->second &&
                component[sink->second] == component[source->second]) {
                sinks.insert(sink->second);
            }
        }
        if (sinks.empty()) {
            return std::nullopt;
        }
        Current out{std::vector<double>(numbers_.size(), 0), component[source->second]};
        out.b[source->second] = 1;
        for (const std::uint32_t sink : sinks) {
            out.b[sink] = -1 / static_cast<double>(sinks.size());
        }
        return out;
    }

  private:
    std::uint32_t number(const Uuid& id) {
        return numbers_.try_emplace(id, static_cast<std::uint32_t>(numbers_.size())).first->second;
    }

    std::unordered_map<Uuid, std::uint32_t> numbers_;
    std::vector<double> conductance_;
    std::optional<math::Graph> graph_;
};

}  // namespace

FlowBatch flow_batch(std::span<const Link> links, std::span<const FlowVerdict> verdicts, Time now) {
    SOMA_ASSERT(links.size() <= kMaxFlowLinks && verdicts.size() <= kMaxFlowVerdicts,
                "a batch has its limits");
    FlowBatch batch;
    if (links.empty()) {
        return batch;
    }
    const Network network(links, now);
    const math::Graph& graph = network.graph();
    auto solver = math::FlowSolver::make(graph, network.conductance());
    if (!solver) {
        return batch;
    }
    std::vector<double> driven(links.size(), 0);             // Σ|Q|^α
    std::vector<double> verdicts_in(graph.components(), 0);  // n of each component
    for (const FlowVerdict& verdict : verdicts) {
        const auto current = network.current(verdict);
        if (!current) {
            continue;
        }
        const auto flow = solver->solve(current->b);
        if (!flow) {
            continue;  // Conductances too far apart for a current that obeys Kirchhoff.
        }
        batch.kirchhoff_error = std::max(batch.kirchhoff_error, flow->kirchhoff_error);
        for (std::size_t e = 0; e < links.size(); ++e) {
            driven[e] += std::pow(std::abs(flow->flow[e]), kRule.exponent);
        }
        verdicts_in[current->component] += 1;
        ++batch.flowed;
    }
    // One step for all of them: the flow whose |Q|^α is their sum, over links as long as the
    // verdicts that flowed there are many.
    const auto verdicts_at = [&](std::size_t e) {
        return verdicts_in[graph.component()[graph.edges()[e].from]];
    };
    std::vector<double> flow(links.size());
    std::vector<double> length(links.size());
    for (std::size_t e = 0; e < links.size(); ++e) {
        flow[e] = std::pow(driven[e], 1 / kRule.exponent);
        length[e] = std::max(1.0, verdicts_at(e));
    }
    const auto grown = math::grow(kRule, network.conductance(), flow, length).value();
    for (std::size_t e = 0; e < links.size(); ++e) {
        if (verdicts_at(e) > 0) {
            const double weight = std::max(link_weight_at(links[e], now), kMinLinkConductance);
            batch.gains.push_back({links[e].key, std::clamp(grown[e] / weight, kMinLinkConductance,
                                                            kMaxLinkConductance)});
        }
    }
    return batch;
}

}  // namespace soma::domain
