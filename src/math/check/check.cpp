#include "math/check/check.h"

#include <algorithm>
#include <cmath>

#include "math/bridge/bridge.h"
#include "math/charts/cusum.h"
#include "math/check/collector.h"
#include "math/check/generators.h"
#include "math/convex/online_learner.h"
#include "math/convex/regret.h"
#include "math/density/density_matrix.h"
#include "math/frgo/frgo.h"
#include "math/geodesic/distance.h"
#include "math/graph/pagerank.h"
#include "math/hebbian/association.h"
#include "math/hebbian/ring.h"
#include "math/hrr/keys.h"
#include "math/hrr/unbinding.h"
#include "math/numerics/real_fft.h"
#include "math/numerics/vector.h"
#include "math/utility/utility.h"

namespace soma::math {
namespace {

void check_numerics(CheckCollector& checks, Random& random) {
    const auto x = normal_vector(random, kDefaultDimension);
    checks.add("numerics", "inverse FFT after FFT is the identity", 1e-12, [&] {
        auto fft = RealFft::make(x.size()).value();
        std::vector<std::complex<double>> bins(fft.bins());
        std::vector<double> back(x.size());
        fft.forward(x, bins).value();
        fft.inverse(bins, back).value();
        return largest_gap(x, back) / norm(x);
    });
    checks.add("numerics", "a normalised vector has norm 1", 1e-12, [&] {
        auto unit = x;
        normalise(unit).value();
        return std::fabs(std::sqrt(dot(unit, unit)) - 1);
    });
}

void check_hrr(CheckCollector& checks, Random& random) {
    const auto key = role_key("check", kDefaultDimension, 1).value();
    const auto filler = unit_spectrum(random, kDefaultDimension);
    checks.add("hrr", "binding with a role keeps the norm", 1e-12,
               [&] { return std::fabs(norm(bind(key, filler).value()) - 1); });
    checks.add("hrr", "unbinding after binding is the identity", 1e-12, [&] {
        const auto back = unbind_unitary(key, bind(key, filler).value()).value();
        return largest_gap(back.values(), filler.values()) / std::sqrt(double{kDefaultDimension});
    });
    checks.add("hrr", "16 superposed pairs come back with cosine 1/4", 0.02, [&] {
        Spectrum trace(kDefaultDimension);
        std::vector<Spectrum> keys;
        std::vector<Spectrum> fillers;
        for (int i = 0; i < 16; ++i) {
            keys.push_back(role_key("role" + std::to_string(i), kDefaultDimension, 1).value());
            fillers.push_back(unit_spectrum(random, kDefaultDimension));
            superpose(trace, 1.0, bind(keys.back(), fillers.back()).value()).value();
        }
        double mean = 0;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto back = unbind_unitary(keys[i], trace).value();
            mean += cosine(back, fillers[i]).value() / 16;
        }
        return std::fabs(mean - 0.25);
    });
    checks.add("hrr", "Wiener unbinding at 10 dB misses its predicted cosine by", 0.03, [&] {
        const auto gaussian = unit_spectrum(random, kDefaultDimension);
        auto trace = bind(gaussian, filler).value();
        const double noise = norm(trace) / std::sqrt(10.0);
        superpose(trace, noise, unit_spectrum(random, kDefaultDimension)).value();
        const double got = cosine(unbind_wiener(gaussian, trace, 10).value(), filler).value();
        return std::fabs(got - 0.8935);
    });
}

void check_density(CheckCollector& checks, Random& random) {
    auto rho = DensityMatrix::make(64, 8).value();
    for (int round = 0; round < 20; ++round) {
        const std::vector<double> weights(16, 1.0 / 16);
        rho.update(0.1, normal_vector(random, 16 * 64), weights).value();
    }
    checks.add("density", "the trace is 1", 1e-12, [&] { return std::fabs(rho.trace() - 1); });
    checks.add("density", "the smallest eigenvalue below 0", 1e-12,
               [&] { return std::max(0.0, -rho.eigenvalues().back()); });
    checks.add("density", "entropy above ln d, or purity below 1/d", 1e-12, [&] {
        return std::max({0.0, rho.entropy() - std::log(64.0), 1.0 / 64 - rho.purity()});
    });
}

void check_graph(CheckCollector& checks, Random& random) {
    const Graph graph = random_graph(random, 500, 2500);
    const auto c = random_conductances(random, graph, -3, 2);
    checks.add("graph", "PageRank solves its equation", 1e-10, [&] {
        std::vector<double> seeds(graph.vertices(), 0.0);
        seeds[3] = seeds[77] = 1;
        return personalised_pagerank(graph, c, seeds).value().residual;
    });
    checks.add("graph", "PageRank sums to 1", 1e-12, [&] {
        std::vector<double> seeds(graph.vertices(), 1.0);
        return std::fabs(sum_compensated(personalised_pagerank(graph, c, seeds).value().rank) - 1);
    });
    auto solver = FlowSolver::make(graph, c).value();
    checks.add("frgo", "Kirchhoff's law holds", 1e-8,
               [&] { return solver.unit_flow(0, 499).value().kirchhoff_error; });
    checks.add("frgo", "the potential gives the energy", 1e-8, [&] {
        const auto flow = solver.unit_flow(0, 250).value();
        return std::fabs((flow.potential[0] - flow.potential[250]) / flow.energy - 1);
    });
    checks.add("frgo", "Foster's sum is n less components, a vertex", 1e-8, [&] {
        double sum = 0;
        for (std::size_t e = 0; e < c.size(); ++e) {
            const Edge& edge = graph.edges()[e];
            sum += c[e] * solver.effective_resistance(edge.from, edge.to).value();
        }
        const double n = static_cast<double>(graph.vertices());
        return std::fabs(sum - n + static_cast<double>(graph.components())) / n;
    });
    checks.add("frgo", "a fixed point of growth moves by", 1e-12, [&] {
        const FrgoRule rule;
        const double fixed = std::pow(0.3, rule.exponent) / rule.decay;
        const auto next = grow(rule, std::vector<double>{fixed}, std::vector<double>{0.3},
                               std::vector<double>{1});
        return std::fabs(next.value()[0] / fixed - 1);
    });
}

void check_bridge(CheckCollector& checks, Random& random) {
    const Graph graph = random_graph(random, 30, 60);
    const auto c = random_conductances(random, graph, -1, 1);
    const auto mu0 = random_masses(random, graph.vertices());
    const auto mu1 = random_masses(random, graph.vertices());
    const auto bridge = Bridge::make(graph, c, 1, mu0, mu1, {1e-11, 100'000}).value();
    checks.add("bridge", "the coupling has its marginals, in L1", 1e-9, [&] {
        return std::max(bridge.coupling().row_error, bridge.coupling().column_error);
    });
    checks.add("bridge", "the bridge begins and ends where it should", 1e-10, [&] {
        return std::max(largest_gap(bridge.at(0).value(), mu0),
                        largest_gap(bridge.at(1).value(), mu1));
    });
    checks.add("bridge", "the mass at half time is 1", 1e-10,
               [&] { return std::fabs(sum_compensated(bridge.at(0.5).value()) - 1); });
}

void check_learning(CheckCollector& checks, Random& random) {
    const Box box = Box::make({-1, -1, -1}, {1, 1, 1}).value();
    auto learner = OnlineLearner::make({0, 0, 0}, box, {}).value();
    const auto first = learner;
    auto sum = SquaredLossSum::make(3).value();
    std::vector<UpdateRow> rows;
    double suffered = 0;
    bool inside = true;
    for (int t = 0; t < 2000; ++t) {
        const auto z = normal_vector(random, 3);
        const double y = 0.5 * z[0] - 2 * z[1] + 0.1 * random.normal();
        const auto loss = squared_loss(learner.theta(), z, y).value();
        suffered += loss.loss;
        rows.push_back(learner.step(loss.gradient).value());
        inside = inside && box.contains(learner.theta());
        sum.add(z, y).value();
    }
    checks.add("convex", "theta left its bounds", 0, [&] { return inside ? 0.0 : 1.0; });
    checks.add("convex", "regret, as a share of its bound", 1, [&] {
        const auto best = minimise_over_box([&](auto theta) { return sum.at(theta); }, box).value();
        return (suffered - best.value) / adagrad_bound(box.diameter(), learner.squared_gradients());
    });
    checks.add("convex", "replaying the rows misses theta", 0,
               [&] { return replay(first, rows).value() == learner.theta() ? 0.0 : 1.0; });
}

void check_small_rooms(CheckCollector& checks, Random& random) {
    checks.add("utility", "negative utilities admitted, of 10,000", 0, [&] {
        double admitted = 0;
        for (int i = 0; i < 10'000; ++i) {
            const UtilityWeights weights{random.uniform(-1, 1), 1, 0.1, 0.1, 0};
            const auto verdict =
                evaluate_utility(weights, {1 - random.uniform(), 5 * random.uniform(), 1}).value();
            admitted += verdict.admitted && verdict.utility < 0 ? 1 : 0;
        }
        return admitted;
    });
    checks.add("charts", "CUSUM's run length misses 465 by a share of", 0.1, [&] {
        double total = 0;
        for (int run = 0; run < 3000; ++run) {
            auto cusum = Cusum::make({}).value();
            do {
                ++total;
            } while (!cusum.add(random.normal()).value().alarm);
        }
        return std::fabs(total / 3000 / 465 - 1);
    });
    checks.add("geodesic", "a small angle is wrong by a share of", 1e-12, [&] {
        const std::vector<double> u{1, 0};
        const std::vector<double> v{std::cos(1e-6), std::sin(1e-6)};
        return std::fabs(sphere_distance(u, v).value() / 1e-6 - 1);
    });
    checks.add("hebbian", "decay in two parts differs from decay in one by", 1e-14, [&] {
        const double whole = decay_factor(0.01, 10).value();
        return std::fabs(decay_factor(0.01, 3.7).value() * decay_factor(0.01, 6.3).value() / whole -
                         1);
    });
    checks.add("hebbian", "the weights of a ring sum to 1 - gamma^n", 1e-12, [&] {
        return std::fabs(sum_compensated(ewma_weights(50, 0.9).value()) - (1 - std::pow(0.9, 50)));
    });
}

}  // namespace

std::vector<MathCheck> run_math_checks(std::uint64_t seed) {
    Random random(seed);
    CheckCollector checks;
    check_numerics(checks, random);
    check_hrr(checks, random);
    check_density(checks, random);
    check_graph(checks, random);
    check_bridge(checks, random);
    check_learning(checks, random);
    check_small_rooms(checks, random);
    return std::move(checks.list);
}

}  // namespace soma::math
