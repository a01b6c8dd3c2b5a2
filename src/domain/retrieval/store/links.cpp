#include "domain/retrieval/store/links.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "math/graph/pagerank.h"
#include "math/numerics/vector.h"

namespace soma::domain {
namespace {

/// What a link takes in memory, about: the nodes of the map and of its ends' neighbours.
constexpr std::size_t kBytesPerLink = sizeof(LinkKey) + sizeof(Link) + 256;

/// What a link weighs at least beside the latest, were it centuries old: numbers further apart than
/// that would only strain the solver.
constexpr double kLeastWeight = 1e-12;

/// Vertices and edges numbered in the order of the links.
struct Numbered {
    std::vector<Uuid> ids;
    std::unordered_map<Uuid, std::uint32_t> numbers;
    std::vector<math::Edge> edges;

    std::uint32_t number(const Uuid& id) {
        const auto [place, fresh] = numbers.try_emplace(id, static_cast<std::uint32_t>(ids.size()));
        if (fresh) {
            ids.push_back(id);
        }
        return place->second;
    }
};

}  // namespace

void LinkTable::put(const Link& link) {
    links_[link.key] = link;
    neighbours_[link.key.from].insert(link.key.to);
    neighbours_[link.key.to].insert(link.key.from);
}

void LinkTable::set_gain(const Gain& gain) {
    const auto found = links_.find(gain.key);
    if (found != links_.end()) {
        found->second.gain = gain.gain;
    }
}

void LinkTable::remove(const Uuid& memory) {
    const auto found = neighbours_.find(memory);
    if (found == neighbours_.end()) {
        return;
    }
    const auto erase_between = [this](const Uuid& from, const Uuid& to) {
        auto link = links_.lower_bound({from, to, ""});
        while (link != links_.end() && link->first.from == from && link->first.to == to) {
            link = links_.erase(link);
        }
    };
    for (const Uuid& other : found->second) {
        erase_between(memory, other);
        erase_between(other, memory);
        const auto back = neighbours_.find(other);
        back->second.erase(memory);
        if (back->second.empty()) {
            neighbours_.erase(back);
        }
    }
    neighbours_.erase(memory);
}

std::size_t LinkTable::bytes() const {
    return links_.size() * kBytesPerLink;
}

std::unordered_map<Uuid, double> LinkTable::ranks(const std::function<bool(const Uuid&)>& here,
                                                  const std::function<double(const Uuid&)>& seed,
                                                  ModuleFigures& figures, Walk walk) const {
    const auto is_walked = [walk](const LinkKey& key) {
        return walk == Walk::learnt || key.type != kCoUsed;
    };
    Time latest = Time::min();
    for (const auto& [key, link] : links_) {
        if (is_walked(key)) {
            latest = std::max(latest, link.reinforced_at);
        }
    }
    Numbered graph;
    std::vector<double> conductance;
    for (const auto& [key, link] : links_) {
        if (is_walked(key) && here(key.from) && here(key.to)) {
            const std::uint32_t from = graph.number(key.from);
            graph.edges.push_back({from, graph.number(key.to)});
            conductance.push_back(walk == Walk::learnt
                                      ? conductance_at(link, latest)
                                      : std::max(link_weight_at(link, latest), kLeastWeight));
        }
    }
    std::vector<double> seeds;
    double seeded = 0;
    for (const Uuid& id : graph.ids) {
        seeds.push_back(seed(id));
        seeded += seeds.back();
    }
    if (!(seeded > 0)) {
        return {};
    }
    const auto shape = math::Graph::make(graph.ids.size(), std::move(graph.edges)).value();
    const auto found = math::personalised_pagerank(shape, conductance, seeds).value();
    const auto& ranks = found.rank;
    figures.pagerank_residual = found.residual;
    figures.pagerank_sum = std::fabs(math::sum_compensated(ranks) - 1);
    const double most = *std::max_element(ranks.begin(), ranks.end());
    std::unordered_map<Uuid, double> out;
    for (std::size_t i = 0; i < graph.ids.size(); ++i) {
        out.emplace(graph.ids[i], std::clamp(ranks[i] / most, 0.0, 1.0));
    }
    return out;
}

}  // namespace soma::domain
