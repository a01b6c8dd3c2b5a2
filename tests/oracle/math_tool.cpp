// Answers questions about the mathematics for oracles in other languages: one JSON request a line
// on standard input, {"op": …, arguments}, one JSON answer a line on standard output. An error
// value of the mathematics comes back as {"fault": …, "what": …, "where": …}.
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "math/bridge/bridge.h"
#include "math/bridge/heat_kernel.h"
#include "math/charts/chi_squared.h"
#include "math/charts/cusum.h"
#include "math/check/generators.h"
#include "math/convex/loss.h"
#include "math/convex/online_learner.h"
#include "math/convex/projection.h"
#include "math/convex/regret.h"
#include "math/density/density_matrix.h"
#include "math/frgo/frgo.h"
#include "math/geodesic/distance.h"
#include "math/graph/pagerank.h"
#include "math/hrr/cleanup.h"
#include "math/hrr/keys.h"
#include "math/hrr/unbinding.h"
#include "math/numerics/real_fft.h"
#include "math/numerics/vector.h"

namespace json = boost::json;
using namespace soma::math;  // a program of one file, all of it about this floor

namespace {

using Numbers = std::vector<double>;

Numbers numbers(const json::object& in, const char* name) {
    Numbers result;
    for (const auto& value : in.at(name).as_array()) {
        // Boost.JSON may read a decimal an ulp off: a question that minds writes hexadecimal
        // strings.
        result.push_back(value.is_string() ? std::strtod(value.as_string().c_str(), nullptr)
                                           : value.to_number<double>());
    }
    return result;
}
double number(const json::object& in, const char* name) {
    return in.at(name).to_number<double>();
}
std::size_t count(const json::object& in, const char* name) {
    return in.at(name).to_number<std::size_t>();
}

template <typename Values>
json::array list(const Values& values) {
    json::array result;
    for (const auto value : values) {
        result.emplace_back(value);
    }
    return result;
}

Graph graph_of(const json::object& in) {
    std::vector<Edge> edges;
    for (const auto& edge : in.at("edges").as_array()) {
        edges.push_back(
            {edge.at(0).to_number<std::uint32_t>(), edge.at(1).to_number<std::uint32_t>()});
    }
    return Graph::make(count(in, "vertices"), std::move(edges)).value();
}

json::value fft(const json::object& in) {
    const auto x = numbers(in, "x");
    auto plan = RealFft::make(x.size()).value();
    std::vector<std::complex<double>> bins(plan.bins());
    plan.forward(x, bins).value();
    Numbers flat;
    for (const auto bin : bins) {
        flat.push_back(bin.real());
        flat.push_back(bin.imag());
    }
    return list(flat);
}

json::value convolve(const json::object& in) {
    const auto x = to_spectrum(numbers(in, "x")).value();
    const auto y = to_spectrum(numbers(in, "y")).value();
    return list(from_spectrum(bind(x, y).value()).value());
}

json::value wiener(const json::object& in) {
    const auto key = to_spectrum(numbers(in, "key")).value();
    const auto trace = to_spectrum(numbers(in, "trace")).value();
    return list(from_spectrum(unbind_wiener(key, trace, number(in, "snr")).value()).value());
}

json::value role(const json::object& in) {
    const std::string token(in.at("token").as_string());
    const auto seed = in.at("seed").to_number<std::uint64_t>();
    const auto key = role_key(token, count(in, "dimension"), seed).value();
    return json::object{{"phases", list(role_phases(token, count(in, "dimension"), seed).value())},
                        {"re", list(key.re())},
                        {"im", list(key.im())}};
}

json::value clean(const json::object& in) {
    const auto items = in.at("items").as_array();
    auto memory = CleanUp::make(items.at(0).as_array().size()).value();
    for (const auto& item : items) {
        memory.add(to_spectrum(numbers(json::object{{"x", item}}, "x")).value()).value();
    }
    const auto match = memory.nearest(to_spectrum(numbers(in, "query")).value()).value();
    return json::object{{"index", match.index}, {"cosine", match.cosine}};
}

json::value density(const json::object& in) {
    auto rho = DensityMatrix::make(count(in, "dimension"), count(in, "rank")).value();
    for (const auto& batch : in.at("batches").as_array()) {
        rho.update(number(in, "lambda"), numbers(batch.as_object(), "fillers"),
                   numbers(batch.as_object(), "weights"))
            .value();
    }
    return json::object{{"dense", list(rho.dense())},
                        {"bound", rho.error_bound()},
                        {"entropy", rho.entropy()},
                        {"purity", rho.purity()}};
}

json::value pagerank(const json::object& in) {
    const PageRankOptions options{number(in, "restart"), 1e-12, 10'000};
    return list(personalised_pagerank(graph_of(in), numbers(in, "conductance"),
                                      numbers(in, "seeds"), options)
                    .value()
                    .rank);
}

json::value resistance(const json::object& in) {
    const Graph graph = graph_of(in);
    const std::map<std::string_view, FlowMethod> methods{{"automatic", FlowMethod::automatic},
                                                         {"cholesky", FlowMethod::cholesky},
                                                         {"incomplete", FlowMethod::incomplete},
                                                         {"scaled", FlowMethod::scaled}};
    const FlowMethod method = methods.at(std::string_view(in.at("method").as_string()));
    auto solver = FlowSolver::make(graph, numbers(in, "conductance"), method).value();
    Numbers result;
    for (const auto& pair : in.at("pairs").as_array()) {
        result.push_back(solver
                             .effective_resistance(pair.at(0).to_number<std::uint32_t>(),
                                                   pair.at(1).to_number<std::uint32_t>())
                             .value());
    }
    return list(result);
}

json::value heat(const json::object& in) {
    const Graph graph = graph_of(in);
    const Laplacian laplacian(graph, numbers(in, "conductance"));
    const auto x = numbers(in, "x");
    const double beta = number(in, "beta");
    return json::object{{"action", list(heat_action(laplacian, beta, x).value())},
                        {"positive", list(heat_action_positive(laplacian, beta, x).value())},
                        {"kernel", list(heat_kernel(laplacian, beta).value())}};
}

json::value transport(const json::object& in) {
    const auto result = sinkhorn(numbers(in, "log_kernel"), numbers(in, "mu"), numbers(in, "nu"),
                                 {1e-12, 1'000'000});
    return json::object{{"plan", list(result.value().plan)},
                        {"iterations", result.value().iterations}};
}

json::value bridge_at(const json::object& in) {
    const Graph graph = graph_of(in);
    const auto bridge = Bridge::make(graph, numbers(in, "conductance"), number(in, "beta"),
                                     numbers(in, "mu"), numbers(in, "nu"), {1e-12, 1'000'000});
    return list(bridge.value().at(number(in, "t")).value());
}

json::value simplex(const json::object& in) {
    auto x = numbers(in, "x");
    project_simplex(x, number(in, "total")).value();
    return list(x);
}

/// argmin over a box of Σ ½(θᵀz − y)²: rows of z in one list.
json::value box_least_squares(const json::object& in) {
    const auto z = numbers(in, "z");
    const auto y = numbers(in, "y");
    const Box box = Box::make(numbers(in, "lower"), numbers(in, "upper")).value();
    auto sum = SquaredLossSum::make(box.dimension()).value();
    for (std::size_t i = 0; i < y.size(); ++i) {
        sum.add(std::span(z).subspan(i * box.dimension(), box.dimension()), y[i]).value();
    }
    const auto best = minimise_over_box([&](auto theta) { return sum.at(theta); }, box, 1e-12);
    return list(best.value().point);
}

json::value cross_entropy(const json::object& in) {
    const auto result =
        softmax_loss(numbers(in, "omega"), numbers(in, "views"), numbers(in, "credits")).value();
    return json::object{{"loss", result.loss}, {"gradient", list(result.gradient)}};
}

template <typename Chart>
double run_length(Random& random, const std::function<Chart()>& make, std::size_t runs) {
    double total = 0;
    for (std::size_t run = 0; run < runs; ++run) {
        auto chart = make();
        do {
            ++total;
        } while (!chart.add(random.normal()).value().alarm);
    }
    return total / static_cast<double>(runs);
}

json::value cusum_run_length(const json::object& in) {
    Random random(1);
    const CusumChart chart{0, 1, number(in, "allowance"), number(in, "limit")};
    return run_length<Cusum>(
        random, [&] { return Cusum::make(chart).value(); }, count(in, "runs"));
}

/// Top-1 accuracy of clean-up for k pairs in a trace, over `trials` traces, beside its prediction.
json::value cleanup_accuracy(const json::object& in) {
    const std::size_t k = count(in, "k");
    const std::size_t items = count(in, "items");
    const std::size_t d = count(in, "dimension");
    Random random(k);
    std::size_t right = 0;
    for (std::size_t trial = 0; trial < count(in, "trials"); ++trial) {
        auto memory = CleanUp::make(d).value();
        Spectrum trace(d);
        std::vector<Spectrum> keys;
        for (std::size_t i = 0; i < items; ++i) {
            const auto item = unit_spectrum(random, d);
            memory.add(item).value();
            if (i < k) {
                keys.push_back(role_key("k" + std::to_string(i), d, random.next()).value());
                superpose(trace, 1.0, bind(keys.back(), item).value()).value();
            }
        }
        for (std::size_t i = 0; i < k; ++i) {
            right += memory.nearest(unbind_unitary(keys[i], trace).value()).value().index == i;
        }
    }
    return json::object{
        {"measured", static_cast<double>(right) / static_cast<double>(k * count(in, "trials"))},
        {"predicted", predicted_cleanup_accuracy(k, items, d).value()}};
}

/// Mean cosine of Wiener unbinding at its true signal-to-noise ratio.
json::value wiener_cosine(const json::object& in) {
    Random random(1);
    const double snr = number(in, "snr");
    double mean = 0;
    for (std::size_t trial = 0; trial < count(in, "trials"); ++trial) {
        const auto key = unit_spectrum(random, kDefaultDimension);
        const auto filler = unit_spectrum(random, kDefaultDimension);
        auto trace = bind(key, filler).value();
        const double noise = norm(trace) / std::sqrt(snr);
        superpose(trace, noise, unit_spectrum(random, kDefaultDimension)).value();
        mean += cosine(unbind_wiener(key, trace, snr).value(), filler).value();
    }
    return mean / static_cast<double>(count(in, "trials"));
}

/// Regret against the best fixed θ in hindsight after each of the given numbers of rounds, with its
/// bound.
json::value regret_curve(const json::object& in) {
    Random random(1);
    const bool root = in.at("rule").as_string() == "inverse_root";
    const Box box = Box::make(Numbers(4, -1), Numbers(4, 1)).value();
    const StepRule rule{root ? StepRule::Kind::inverse_root : StepRule::Kind::adagrad_norm, 3};
    auto learner = OnlineLearner::make(Numbers(4, 0.0), box, rule).value();
    auto sum = SquaredLossSum::make(4).value();
    const auto truth = normal_vector(random, 4);
    double suffered = 0;
    json::array curve;
    std::size_t t = 0;
    for (const double stop : numbers(in, "rounds")) {
        for (; static_cast<double>(t) < stop; ++t) {
            auto z = normal_vector(random, 4);
            normalise(z).value();
            // Noise as large as the signal: no θ is perfect, and the best fixed one is hard to
            // beat.
            const double y = std::clamp(dot(truth, z) + random.normal(), -1.0, 1.0);
            const auto loss = squared_loss(learner.theta(), z, y).value();
            suffered += loss.loss;
            learner.step(loss.gradient).value();
            sum.add(z, y).value();
        }
        const auto best = minimise_over_box([&](auto theta) { return sum.at(theta); }, box).value();
        const double bound = root ? zinkevich_bound(box.diameter(), rule.gradient_bound, t)
                                  : adagrad_bound(box.diameter(), learner.squared_gradients());
        curve.push_back(json::array{t, suffered - best.value, bound});
    }
    return curve;
}

/// The conductances after each step of the learning loop.
json::value frgo_curve(const json::object& in) {
    const Graph graph = graph_of(in);
    auto c = numbers(in, "conductance");
    const FrgoRule rule{number(in, "rate"), number(in, "exponent"), number(in, "decay"), 1e-9, 1e3};
    json::array curve;
    for (std::size_t t = 0; t < count(in, "steps"); ++t) {
        curve.push_back(list(c));
        c = frgo_step(rule, graph, c, numbers(in, "length"), numbers(in, "b")).value().conductance;
    }
    return curve;
}

const std::map<std::string, std::function<json::value(const json::object&)>> kOperations{
    {"fft", fft},
    {"convolve", convolve},
    {"wiener", wiener},
    {"role", role},
    {"clean", clean},
    {"density", density},
    {"pagerank", pagerank},
    {"resistance", resistance},
    {"heat", heat},
    {"sinkhorn", transport},
    {"bridge", bridge_at},
    {"simplex", simplex},
    {"box_least_squares", box_least_squares},
    {"cross_entropy", cross_entropy},
    {"cusum_run_length", cusum_run_length},
    {"cleanup_accuracy", cleanup_accuracy},
    {"wiener_cosine", wiener_cosine},
    {"regret_curve", regret_curve},
    {"frgo_curve", frgo_curve},
    {"chi_upper",
     [](const json::object& in) {
         return json::value(chi_squared_upper(number(in, "x"), count(in, "degrees")).value());
     }},
    {"chi_limit",
     [](const json::object& in) {
         return json::value(chi_squared_limit(number(in, "rate"), count(in, "degrees")).value());
     }},
    {"sphere",
     [](const json::object& in) {
         return json::value(sphere_distance(numbers(in, "u"), numbers(in, "v")).value());
     }},
    {"poincare",
     [](const json::object& in) {
         return json::value(poincare_distance(numbers(in, "u"), numbers(in, "v")).value());
     }},
};

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const auto request = json::parse(line);
        json::value answer;
        try {
            const auto& in = request.as_object();
            answer = kOperations.at(std::string(in.at("op").as_string()))(in);
        } catch (const soma::Error& error) {
            answer = json::object{{"fault", error.detail()}, {"what", error.public_message()}};
        }
        std::cout << json::serialize(answer) << '\n' << std::flush;
    }
}
