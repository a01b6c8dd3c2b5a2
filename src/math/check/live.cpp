#include "math/check/live.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "base/error.h"
#include "math/check/collector.h"
#include "math/density/density_matrix.h"
#include "math/frgo/flow.h"
#include "math/frgo/frgo.h"
#include "math/graph/pagerank.h"
#include "math/numerics/random.h"
#include "math/numerics/vector.h"

namespace soma::math {
namespace {

constexpr std::size_t kRank = 32;
constexpr std::size_t kBatch = 256;
/// Of a large tenant so many vectors, the last ones, tell as much as all.
constexpr std::size_t kMostVectors = 4'096;
constexpr double kRate = 0.1;
constexpr int kTriples = 50;

std::size_t count_of(const LiveData& data) {
    return data.dimension == 0 ? 0 : data.vectors.size() / data.dimension;
}

/// Vectors that say nothing (zero) or are no numbers: ρ of the others is what is measured.
std::vector<double> sound_vectors(const LiveData& data) {
    const std::size_t count = count_of(data);
    std::vector<double> sound;
    for (std::size_t i = count - std::min(count, kMostVectors); i < count; ++i) {
        const auto vector = std::span(data.vectors).subspan(i * data.dimension, data.dimension);
        const double square = dot(vector, vector);
        if (std::isfinite(square) && square > 0) {
            sound.insert(sound.end(), vector.begin(), vector.end());
        }
    }
    return sound;
}

void check_vectors(CheckCollector& checks, const LiveData& data) {
    checks.add("vectors", "numbers that are not finite", 0, [&] {
        return static_cast<double>(
            std::count_if(data.vectors.begin(), data.vectors.end(),
                          [](double number) { return !std::isfinite(number); }));
    });
    const auto sound = sound_vectors(data);
    if (sound.empty()) {
        return;
    }
    auto rho = DensityMatrix::make(data.dimension, std::min(kRank, data.dimension)).value();
    const std::size_t step = kBatch * data.dimension;
    for (std::size_t at = 0; at < sound.size(); at += step) {
        const auto batch = std::span(sound).subspan(at, std::min(step, sound.size() - at));
        const std::size_t count = batch.size() / data.dimension;
        const std::vector<double> weights(count, 1.0 / static_cast<double>(count));
        rho.update(kRate, batch, weights).value();
    }
    checks.add("density", "the trace of the memories' rho is 1", 1e-12,
               [&] { return std::fabs(rho.trace() - 1); });
    checks.add("density", "its smallest eigenvalue below 0", 1e-12,
               [&] { return std::max(0.0, -rho.eigenvalues().back()); });
    checks.add("density", "its entropy above ln d, or purity below 1/d", 1e-12, [&] {
        const double d = static_cast<double>(data.dimension);
        return std::max({0.0, rho.entropy() - std::log(d), 1 / d - rho.purity()});
    });
}

/// Vertices of the component that has most of them, ascending.
std::vector<std::uint32_t> largest_component(const Graph& graph) {
    std::vector<std::size_t> sizes(graph.components(), 0);
    for (const std::uint32_t component : graph.component()) {
        ++sizes[component];
    }
    const auto largest =
        static_cast<std::uint32_t>(std::max_element(sizes.begin(), sizes.end()) - sizes.begin());
    std::vector<std::uint32_t> out;
    for (std::uint32_t v = 0; v < graph.vertices(); ++v) {
        if (graph.component()[v] == largest) {
            out.push_back(v);
        }
    }
    return out;
}

/// How far currents and resistances between three vertices are from their laws.
struct FlowErrors {
    double kirchhoff = 0;
    double asymmetry = 0;
    double triangle = 0;  ///< R(a, c) above R(a, b) + R(b, c), as a share of R(a, c)
    double energy = 0;
};

void measure(FlowSolver& solver, std::uint32_t a, std::uint32_t b, std::uint32_t c,
             FlowErrors& errors) {
    const auto flow = solver.unit_flow(a, c).value();
    errors.kirchhoff = std::max(errors.kirchhoff, flow.kirchhoff_error);
    const double whole = solver.effective_resistance(a, c).value();
    if (a == c) {
        errors.asymmetry = std::max(errors.asymmetry, std::fabs(whole));
        return;
    }
    const double back = solver.effective_resistance(c, a).value();
    const double parts =
        solver.effective_resistance(a, b).value() + solver.effective_resistance(b, c).value();
    errors.asymmetry = std::max(errors.asymmetry, std::fabs(back / whole - 1));
    errors.triangle = std::max(errors.triangle, (whole - parts) / whole);
    errors.energy = std::max(errors.energy, std::fabs(flow.energy / whole - 1));
}

void check_flow(CheckCollector& checks, const Graph& graph, const std::vector<double>& weights,
                std::uint64_t seed) {
    std::optional<FlowErrors> errors;
    checks.add("frgo", "Kirchhoff's law holds on the links", 1e-8, [&] {
        Random random(seed);
        auto solver = FlowSolver::make(graph, weights).value();
        const auto vertices = largest_component(graph);
        const auto any = [&] {
            const double at = random.uniform() * static_cast<double>(vertices.size());
            return vertices[std::min(vertices.size() - 1, static_cast<std::size_t>(at))];
        };
        FlowErrors found;
        for (int i = 0; i < kTriples; ++i) {
            const std::uint32_t a = any();
            const std::uint32_t b = any();
            measure(solver, a, b, any(), found);
        }
        errors = found;
        return found.kirchhoff;
    });
    if (!errors) {
        return;  // The solver's own answer was an error: the check above has failed.
    }
    checks.add("frgo", "resistance there and back differs by a share of", 1e-8,
               [&] { return errors->asymmetry; });
    checks.add("frgo", "resistance above the triangle's by a share of", 1e-8,
               [&] { return std::max(0.0, errors->triangle); });
    checks.add("frgo", "the energy misses the resistance by a share of", 1e-8,
               [&] { return errors->energy; });
}

void check_links(CheckCollector& checks, const LiveData& data, std::uint64_t seed) {
    checks.add("hebbian", "links whose weight is outside (0, 1]", 0, [&] {
        return static_cast<double>(std::count_if(data.link_weights.begin(), data.link_weights.end(),
                                                 [](double w) { return !(w > 0 && w <= 1); }));
    });
    auto graph = Graph::make(data.vertices, data.links);
    checks.add("graph", "links that join no two memories", 0, [&] { return graph ? 0.0 : 1.0; });
    if (!graph) {
        return;
    }
    checks.add("graph", "PageRank over the links solves its equation", 1e-10, [&] {
        std::vector<double> seeds(graph->vertices(), 0.0);
        seeds.front() = seeds.back() = 1;
        return personalised_pagerank(*graph, data.link_weights, seeds).value().residual;
    });
    checks.add("graph", "PageRank over the links sums to 1", 1e-12, [&] {
        const std::vector<double> seeds(graph->vertices(), 1.0);
        const auto ranks = personalised_pagerank(*graph, data.link_weights, seeds).value();
        return std::fabs(sum_compensated(ranks.rank) - 1);
    });
    checks.add("frgo", "gains or conductances outside [1e-9, 1e3]", 0, [&] {
        const auto is_outside = [rule = FrgoRule()](double c) {
            return !(c >= rule.lower && c <= rule.upper);
        };
        return static_cast<double>(
            std::count_if(data.gains.begin(), data.gains.end(), is_outside) +
            std::count_if(data.conductances.begin(), data.conductances.end(), is_outside));
    });
    check_flow(checks, *graph, data.conductances, seed);
}

}  // namespace

std::vector<MathCheck> run_live_checks(const LiveData& data, std::uint64_t seed) {
    CheckCollector checks;
    if (count_of(data) > 0) {
        check_vectors(checks, data);
    }
    if (!data.links.empty()) {
        check_links(checks, data, seed);
    }
    if (!data.bounded.empty()) {
        checks.add("convex", "weights outside their bounds", 0, [&] {
            return static_cast<double>(std::count_if(
                data.bounded.begin(), data.bounded.end(), [](const BoundedNumber& number) {
                    return !(number.value >= number.least && number.value <= number.most);
                }));
        });
    }
    return std::move(checks.list);
}

}  // namespace soma::math
