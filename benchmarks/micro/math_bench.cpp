// The C++ half of `./dev bench math` (benchmarks/peers/math.py). A line "name count" on standard
// input runs that kernel `count` times and answers with the CPU seconds of this thread for one run
// and the last value; "load:graph:NAME FILE", "load:bm25 FILE" and "load:scan FILE" bring data that
// the script and its peers compute on too. The script alternates these lines with its peers' runs,
// so both see the same machine.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "domain/retrieval/store/postings.h"
#include "math/bridge/heat_kernel.h"
#include "math/bridge/sinkhorn.h"
#include "math/check/generators.h"
#include "math/density/density_matrix.h"
#include "math/frgo/frgo.h"
#include "math/graph/pagerank.h"
#include "math/hrr/cleanup.h"
#include "math/hrr/keys.h"
#include "math/hrr/unbinding.h"
#include "math/quantize.h"
#include "math/scan/dot.h"
#include "math/scan/select.h"
#include "plain_kernels.h"

using namespace soma::math;  // a program of one file, all of it about this floor

namespace {

using Kernel =
    std::function<double()>;  ///< returns something of the result, so that it is computed

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A graph as the script wrote it, shared by the kernels on it, with everything that stands before
/// a question: the Laplacian, a solver, and rows for the plain loops.
struct Network {
    explicit Network(Graph shape)
        : graph(std::move(shape)),
          ones(graph.edges().size(), 1.0),
          laplacian(graph, ones),
          solver(FlowSolver::make(graph, ones).value()),
          learner(FlowSolver::make(graph, ones).value()),
          rows{graph.starts(), graph.neighbours(), laplacian.weights(), laplacian.degrees()} {}

    Graph graph;
    std::vector<double> ones;
    Laplacian laplacian;
    FlowSolver solver;
    FlowSolver learner;  ///< its conductances learn
    plain::Rows rows;
};

/// Raw numbers of a file: the script and this program are one run on one machine.
template <typename T>
std::vector<T> read_numbers(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::vector<T> result(bytes.size() / sizeof(T));
    std::memcpy(result.data(), bytes.data(), result.size() * sizeof(T));
    return result;
}

/// uint32: number of vertices, then two ends an edge.
std::shared_ptr<Network> read_network(const std::string& path) {
    const auto numbers = read_numbers<std::uint32_t>(path);
    std::vector<Edge> edges;
    for (std::size_t i = 1; i + 1 < numbers.size(); i += 2) {
        edges.push_back({numbers[i], numbers[i + 1]});
    }
    return std::make_shared<Network>(Graph::make(numbers.at(0), std::move(edges)).value());
}

using Kernels = std::map<std::string, Kernel>;

void add_flow_kernels(Kernels& kernels, const std::string& name,
                      const std::shared_ptr<Network>& network) {
    const auto last = static_cast<std::uint32_t>(network->graph.vertices() - 1);
    kernels["resistance_" + name] = [=] {
        return network->solver.effective_resistance(0, last).value();
    };
    kernels["resistance_new_" + name] = [=] {
        return FlowSolver::make(network->graph, network->ones)
            .value()
            .effective_resistance(0, last)
            .value();
    };
    kernels["plain_resistance_" + name] = [=] { return plain::resistance(network->rows, 0, last); };
    std::vector<double> b(network->graph.vertices(), 0.0);
    b[0] = 1;
    b[last] = -1;
    kernels["frgo_" + name] = [=] {
        return frgo_step({}, network->learner, network->ones, b).value().conductance[0];
    };
}

void add_graph_kernels(Kernels& kernels, const std::string& name,
                       const std::shared_ptr<Network>& network) {
    add_flow_kernels(kernels, name, network);
    const std::size_t n = network->graph.vertices();
    std::vector<double> seeds(n, 0.0);
    seeds[n / 2] = 1;
    for (const auto& [label, tolerance] : {std::pair{"", 1e-10}, std::pair{"_6", 1e-6}}) {
        kernels["pagerank" + std::string(label) + "_" + name] = [=, limit = tolerance] {
            return personalised_pagerank(network->laplacian, seeds, {0.15, limit, 10'000})
                .value()
                .rank[0];
        };
    }
    kernels["plain_pagerank_" + name] = [=] {
        return plain::pagerank(network->rows, static_cast<std::uint32_t>(n / 2));
    };
    Random random(3);
    const auto x = normal_vector(random, n);
    kernels["heat_" + name] = [=] { return heat_action(network->laplacian, 0.1, x).value()[0]; };
    kernels["plain_heat_" + name] = [=] { return plain::heat(network->rows, 0.1, x); };
}

/// uint32 terms, a text after another, each behind its length: the first `queries` texts ask.
void add_bm25_kernel(Kernels& kernels, const std::string& path) {
    const auto numbers = read_numbers<std::uint32_t>(path);
    struct Corpus {
        soma::domain::Postings postings;
        std::vector<std::vector<std::string>> queries;
        std::vector<double> scores;
        std::size_t next = 0;
    };
    const auto corpus = std::make_shared<Corpus>();
    std::uint32_t row = 0;
    const std::size_t asking = numbers.at(0);
    for (std::size_t at = 1, text = 0; at < numbers.size(); at += numbers[at] + 1, ++text) {
        std::vector<std::string> terms;
        for (std::uint32_t i = 1; i <= numbers[at]; ++i) {
            terms.push_back("t" + std::to_string(numbers[at + i]));
        }
        if (text < asking) {
            corpus->queries.push_back(std::move(terms));
        } else {
            corpus->postings.add(row++, terms);
        }
    }
    corpus->scores.assign(row, 0.0);
    kernels["bm25"] = [=] {
        const auto& query = corpus->queries[corpus->next++ % corpus->queries.size()];
        std::vector<std::uint32_t> touched;
        corpus->postings.accumulate({}, query, corpus->scores, touched);
        keep_best(touched, 10, [&](std::uint32_t a, std::uint32_t b) {
            const double gap = corpus->scores[a] - corpus->scores[b];
            return gap > 0 || (gap == 0 && a < b);
        });
        const double best = touched.empty() ? 0 : corpus->scores[touched[0]];
        std::fill(corpus->scores.begin(), corpus->scores.end(), 0.0);
        return best;
    };
}

/// Rows of 384 floats, the first 100 of which are queries: an exact scan of their int8 codes.
void add_scan_kernels(Kernels& kernels, const std::string& path) {
    constexpr std::size_t kDimension = 384;
    constexpr std::size_t kQueries = 100;
    const auto floats = std::make_shared<std::vector<float>>(read_numbers<float>(path));
    struct Codes {
        AlignedVector<std::int8_t> rows;
        std::vector<float> scales;
        std::size_t next = 0;
    };
    const auto codes = std::make_shared<Codes>();
    for (std::size_t at = 0; at < floats->size(); at += kDimension) {
        const auto code = quantize(std::span(*floats).subspan(at, kDimension));
        codes->rows.insert(codes->rows.end(), code.values.begin(), code.values.end());
        codes->scales.push_back(code.scale);
    }
    const std::size_t rows = codes->scales.size() - kQueries;
    const auto best_ten = [=](std::size_t query) {
        std::vector<std::int32_t> dots(rows);
        dot_products(codes->rows.data() + query * kDimension,
                     codes->rows.data() + kQueries * kDimension, kDimension, rows, dots.data());
        std::vector<float> scores(rows);
        std::vector<std::uint32_t> order;
        float least = -1e30F;
        for (std::uint32_t i = 0; i < rows; ++i) {
            scores[i] = static_cast<float>(dots[i]) * codes->scales[kQueries + i];
            if (scores[i] >= least) {
                order.push_back(i);
            }
            if (order.size() == 512) {
                keep_best(order, 10, [&](auto a, auto b) {
                    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
                });
                least = scores[order.back()];
            }
        }
        keep_best(order, 10, [&](auto a, auto b) {
            return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
        });
        return order;
    };
    kernels["scan"] = [=] { return static_cast<double>(best_ten(codes->next++ % kQueries)[0]); };
    // Not a speed: how many of the ten nearest by float are among the ten found.
    kernels["scan_recall"] = [=] {
        double found = 0;
        for (std::size_t q = 0; q < kQueries; ++q) {
            std::vector<std::pair<float, std::uint32_t>> exact;
            const float* query = floats->data() + q * kDimension;
            for (std::uint32_t i = 0; i < rows; ++i) {
                const float* row = floats->data() + (kQueries + i) * kDimension;
                exact.emplace_back(-std::inner_product(query, query + kDimension, row, 0.0F), i);
            }
            std::partial_sort(exact.begin(), exact.begin() + 10, exact.end());
            for (const std::uint32_t i : best_ten(q)) {
                found += std::any_of(exact.begin(), exact.begin() + 10,
                                     [&](const auto& pair) { return pair.second == i; })
                             ? 1
                             : 0;
            }
        }
        return found / (10 * kQueries);
    };
}

void add_hrr_kernels(Kernels& kernels, Random& random) {
    const auto key = role_key("bench", kDefaultDimension, 1).value();
    const auto item = unit_spectrum(random, kDefaultDimension);
    const auto out = std::make_shared<Spectrum>(kDefaultDimension);
    kernels["bind"] = [=] {
        bind_into(key, item, *out).value();
        return out->re()[1];
    };
    const auto zip = [](const Spectrum& x) {
        return std::vector<double>(x.values().begin(), x.values().end());
    };
    kernels["plain_bind"] = [x = zip(key), y = zip(item), z = zip(*out)]() mutable {
        return plain::bind(x, y, z);
    };
    kernels["unbind"] = [=] { return unbind_unitary(key, item).value().re()[1]; };
    kernels["wiener"] = [=] { return unbind_wiener(item, key, 10).value().re()[1]; };
    kernels["role_key"] = [=] { return role_key("bench", kDefaultDimension, 1).value().re()[1]; };
    auto memory = std::make_shared<CleanUp>(CleanUp::make(kDefaultDimension).value());
    for (int i = 0; i < 999; ++i) {
        memory->add(unit_spectrum(random, kDefaultDimension)).value();
    }
    // What clean-up is asked: a noisy item, the sum of two.
    Spectrum noisy = item;
    superpose(noisy, 1.0, key).value();
    memory->add(item).value();
    kernels["cleanup"] = [=] { return memory->nearest(noisy).value().cosine; };
    std::vector<Spectrum> queries;
    for (int i = 0; i < 64; ++i) {
        queries.push_back(unit_spectrum(random, kDefaultDimension));
    }
    kernels["cleanup_64"] = [=] { return memory->nearest(queries).value()[0].cosine; };
}

void add_density_kernels(Kernels& kernels, Random& random) {
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

void add_sinkhorn_kernels(Kernels& kernels, Random& random) {
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
        if (n > 128) {
            continue;
        }
        // Fifty iterations and no end in sight; then the same with K given, as the plain loop has
        // it.
        kernels["sinkhorn_50"] = [=] {
            return sinkhorn(log_kernel, mu, nu, {1e-300, 50}).has_value() ? 1.0 : 0.0;
        };
        std::vector<double> kernel(log_kernel);
        for (double& value : kernel) {
            value = std::exp(value);
        }
        kernels["plain_sinkhorn_50"] = [=] { return plain::sinkhorn(kernel, mu, nu, 50); };
    }
}

}  // namespace

int main() {
    Random random(7);
    Kernels kernels;
    add_hrr_kernels(kernels, random);
    add_density_kernels(kernels, random);
    add_sinkhorn_kernels(kernels, random);
    double sink = 0;
    for (std::string name, argument; std::cin >> name >> argument;) {
        if (name.starts_with("load:graph:")) {
            add_graph_kernels(kernels, name.substr(11), read_network(argument));
        } else if (name == "load:bm25") {
            add_bm25_kernel(kernels, argument);
        } else if (name == "load:scan") {
            add_scan_kernels(kernels, argument);
        } else if (const auto found = kernels.find(name); found != kernels.end()) {
            const std::size_t count = std::stoul(argument);
            const double from = thread_seconds();
            for (std::size_t i = 0; i < count; ++i) {
                sink = found->second();
            }
            std::cout << (thread_seconds() - from) / static_cast<double>(count) << ' ' << sink
                      << std::endl;
            continue;
        } else {
            std::cout << "unknown kernel: " << name << std::endl;
            continue;
        }
        std::cout << "0 0" << std::endl;
    }
}
