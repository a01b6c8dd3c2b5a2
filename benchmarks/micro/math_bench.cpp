// The C++ half of `./dev bench math` (benchmarks/peers/math.py): one line "name count" on standard
// input runs that kernel `count` times and answers with the CPU seconds of this thread for one run.
// The script alternates these lines with its peers' runs, so both see the same machine.
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "math/bridge/heat_kernel.h"
#include "math/bridge/sinkhorn.h"
#include "math/check/generators.h"
#include "math/density/density_matrix.h"
#include "math/frgo/frgo.h"
#include "math/graph/pagerank.h"
#include "math/hrr/cleanup.h"
#include "math/hrr/keys.h"
#include "math/hrr/unbinding.h"

using namespace soma::math;  // a program of one file, all of it about this floor

namespace {

using Kernel =
    std::function<double()>;  ///< returns something of the result, so that it is computed

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Graph grid(std::uint32_t side) {
    std::vector<Edge> edges;
    for (std::uint32_t v = 0; v < side * side; ++v) {
        if ((v + 1) % side != 0) {
            edges.push_back({v, v + 1});
        }
        if (v + side < side * side) {
            edges.push_back({v, v + side});
        }
    }
    return Graph::make(std::size_t{side} * side, std::move(edges)).value();
}

/// Barabási and Albert's scale-free graph: each new vertex brings `links` edges to earlier ones,
/// chosen by degree.
Graph scale_free(Random& random, std::uint32_t vertices, std::uint32_t links) {
    std::vector<Edge> edges;
    std::vector<std::uint32_t> ends{0};
    for (std::uint32_t v = 1; v < vertices; ++v) {
        for (std::uint32_t i = 0; i < links; ++i) {
            const std::uint32_t to = ends[random.below(ends.size())];
            if (to != v) {
                edges.push_back({v, to});
                ends.push_back(to);
            }
        }
        ends.push_back(v);
    }
    return Graph::make(vertices, std::move(edges)).value();
}

/// A graph, its conductances and lengths, shared by the kernels on it.
struct Network {
    Graph graph;
    std::vector<double> ones;
};

void add_graph_kernels(std::map<std::string, Kernel>& kernels, const std::string& name,
                       const std::shared_ptr<Network>& network) {
    const auto last = static_cast<std::uint32_t>(network->graph.vertices() - 1);
    kernels["resistance_" + name] = [=] {
        return FlowSolver::make(network->graph, network->ones)
            .value()
            .effective_resistance(0, last)
            .value();
    };
    std::vector<double> b(network->graph.vertices(), 0.0);
    b[0] = 1;
    b[last] = -1;
    kernels["frgo_" + name] = [=] {
        return frgo_step({}, network->graph, network->ones, network->ones, b)
            .value()
            .conductance[0];
    };
    std::vector<double> seeds(network->graph.vertices(), 0.0);
    seeds[0] = 1;
    for (const auto& [label, tolerance] : {std::pair{"", 1e-10}, std::pair{"_6", 1e-6}}) {
        kernels["pagerank" + std::string(label) + "_" + name] = [=, limit = tolerance] {
            return personalised_pagerank(network->graph, network->ones, seeds,
                                         {0.15, limit, 10'000})
                .value()
                .rank[0];
        };
    }
    Random random(3);
    const auto x = normal_vector(random, network->graph.vertices());
    // The Laplacian refers to the graph: both are held together.
    using Held = std::pair<std::shared_ptr<Network>, Laplacian>;
    const auto held = std::make_shared<Held>(network, Laplacian(network->graph, network->ones));
    kernels["heat_" + name] = [=] { return heat_action(held->second, 0.1, x).value()[0]; };
}

void add_hrr_kernels(std::map<std::string, Kernel>& kernels, Random& random) {
    const auto key = role_key("bench", kDefaultDimension, 1).value();
    const auto item = unit_spectrum(random, kDefaultDimension);
    const auto out = std::make_shared<Spectrum>(kDefaultDimension);
    kernels["bind"] = [=] {
        bind_into(key, item, *out).value();
        return out->re()[1];
    };
    kernels["unbind"] = [=] { return unbind_unitary(key, item).value().re()[1]; };
    kernels["wiener"] = [=] { return unbind_wiener(item, key, 10).value().re()[1]; };
    kernels["role_key"] = [=] { return role_key("bench", kDefaultDimension, 1).value().re()[1]; };
    auto memory = std::make_shared<CleanUp>(CleanUp::make(kDefaultDimension).value());
    for (int i = 0; i < 1000; ++i) {
        memory->add(unit_spectrum(random, kDefaultDimension)).value();
    }
    kernels["cleanup"] = [=] { return memory->nearest(item).value().cosine; };
    std::vector<Spectrum> queries;
    for (int i = 0; i < 64; ++i) {
        queries.push_back(unit_spectrum(random, kDefaultDimension));
    }
    kernels["cleanup_64"] = [=] { return memory->nearest(queries).value()[0].cosine; };
}

void add_density_kernels(std::map<std::string, Kernel>& kernels, Random& random) {
    auto rho = std::make_shared<DensityMatrix>(DensityMatrix::make(384, 32).value());
    const auto fillers = normal_vector(random, 64 * 384);
    const std::vector<double> weights(64, 1.0 / 64);
    rho->update(0.1, fillers, weights).value();
    kernels["density_update"] = [=] {
        rho->update(0.1, fillers, weights).value();
        return rho->trace();
    };
    kernels["density_score"] = [=] {
        return rho->scores(std::span(fillers).first(384), fillers).value()[0];
    };
}

void add_sinkhorn_kernels(std::map<std::string, Kernel>& kernels, Random& random) {
    for (const std::size_t n : {std::size_t{128}, std::size_t{512}}) {
        const auto mu = random_masses(random, n);
        const auto nu = random_masses(random, n);
        std::vector<double> log_kernel(n * n);
        for (double& value : log_kernel) {
            value = -random.uniform() / 0.05;
        }
        kernels["sinkhorn_" + std::to_string(n)] = [=] {
            return static_cast<double>(sinkhorn(log_kernel, mu, nu).value().iterations);
        };
    }
}

}  // namespace

int main() {
    Random random(7);
    std::map<std::string, Kernel> kernels;
    add_hrr_kernels(kernels, random);
    add_density_kernels(kernels, random);
    add_sinkhorn_kernels(kernels, random);
    const auto add = [&](const std::string& name, Graph graph) {
        const std::vector<double> ones(graph.edges().size(), 1.0);
        add_graph_kernels(kernels, name,
                          std::make_shared<Network>(Network{std::move(graph), ones}));
    };
    add("grid_1k", grid(32));
    add("grid_10k", grid(100));
    add("grid_100k", grid(316));
    add("free_1k", scale_free(random, 1'000, 10));
    add("free_10k", scale_free(random, 10'000, 10));
    add("free_100k", scale_free(random, 100'000, 10));
    double sink = 0;
    std::string name;
    for (std::size_t count = 0; std::cin >> name >> count;) {
        const auto found = kernels.find(name);
        if (found == kernels.end() || count == 0) {
            std::cout << "unknown kernel: " << name << std::endl;
            continue;
        }
        const double from = thread_seconds();
        for (std::size_t i = 0; i < count; ++i) {
            sink += found->second();
        }
        std::cout << (thread_seconds() - from) / static_cast<double>(count) << ' ' << sink
                  << std::endl;
    }
}
