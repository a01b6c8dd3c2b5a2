// What a calibrated p is worth: `./dev bench calibration FILE` (a LoCoMo file). One tenant per
// conversation, in this process; whoever knows the evidence gives the verdict, its reward the share
// of the evidence among the ten memories returned less what is missing. No question is among those
// that its p was fitted to: first with the weights that four conversations give, asked of the
// fifth; then as the service learns, from there on, verdict by verdict in random orders.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>
#include <string>

#include <boost/json.hpp>

#include "domain/adaptation/calibration.h"
#include "math/convex/loss.h"
#include "math/convex/regret.h"
#include "verdicts.h"

namespace {

using namespace soma;
using namespace soma::bench;
using domain::CoverageFeatures;

constexpr std::size_t kReturned = 10;  // evaluate's default
constexpr std::size_t kOrders = 20;
constexpr std::size_t kBins = 10;
constexpr int kRounds = 2'000;
constexpr std::size_t kHostile = 10'000;
constexpr double kRidge = 1;

// p before the verdict, and the verdict: of one question.
struct Said {
    std::size_t question = 0;
    double p = 0;
    double helped = 0;
};

struct Worth {
    double base = 0;
    double brier = 0;
    double skill = 0;
    double by_mass = 0;
    double by_width = 0;
};

double gap(std::span<const Said> bin) {
    double sum = 0;
    for (const Said& one : bin) {
        sum += one.p - one.helped;
    }
    return std::fabs(sum);
}

// Expected calibration error: bins of as many each, and of a tenth of [0, 1] each.
Worth worth_of(std::vector<Said> all) {
    std::sort(all.begin(), all.end(), [](const Said& x, const Said& y) { return x.p < y.p; });
    Worth worth;
    const auto n = static_cast<double>(all.size());
    for (const Said& one : all) {
        worth.base += one.helped / n;
        worth.brier += (one.p - one.helped) * (one.p - one.helped) / n;
    }
    worth.skill = 1 - worth.brier / (worth.base * (1 - worth.base));
    auto narrow = all.begin();
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        const std::size_t first = bin * all.size() / kBins;
        const std::size_t last = (bin + 1) * all.size() / kBins;
        worth.by_mass += gap(std::span(all).subspan(first, last - first)) / n;
        const double edge = static_cast<double>(bin + 1) / kBins;
        const auto next =
            std::find_if(narrow, all.end(), [&](const Said& one) { return one.p > edge; });
        worth.by_width += gap({narrow, next}) / n;
        narrow = next;
    }
    return worth;
}

// 95 % by bootstrap over questions, which keep all that was said of them.
void print(const char* name, const std::vector<Said>& all, std::size_t questions) {
    std::vector<std::vector<Said>> by_question(questions);
    for (const Said& one : all) {
        by_question[one.question].push_back(one);
    }
    std::mt19937 random(1);
    std::array<Numbers, 3> drawn;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<Said> again;
        for (std::size_t i = 0; i < questions; ++i) {
            const auto& one = by_question[random() % questions];
            again.insert(again.end(), one.begin(), one.end());
        }
        const auto worth = worth_of(std::move(again));
        drawn[0].push_back(worth.skill);
        drawn[1].push_back(worth.by_mass);
        drawn[2].push_back(worth.by_width);
    }
    const auto worth = worth_of(all);
    std::printf("| %s | %zu | %.3f | %.4f |", name, all.size(), worth.base, worth.brier);
    const std::array<double, 3> values = {worth.skill, worth.by_mass, worth.by_width};
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        std::sort(drawn[i].begin(), drawn[i].end());
        std::printf(" %.3f [%.3f, %.3f] |", values[i], drawn[i][kRounds / 40],
                    drawn[i][kRounds - kRounds / 40 - 1]);
    }
    std::printf("\n");
}

domain::LearningSignal verdict_on(const Asked& of, const domain::Theta& theta) {
    auto signal = signal_of(of, theta, kReturned);
    signal.reward = 2 * signal.reward - 1;  // half of what is needed does not help
    return signal;
}

double helped(const domain::LearningSignal& signal) {
    return signal.reward > 0 ? 1 : 0;
}

using Signals = std::vector<domain::LearningSignal>;

// The weights least in Σ logistic loss and a pull of 1 to nothing on all but the first.
CoverageFeatures fitted(const std::vector<const Signals*>& tenants) {
    const auto loss = [&](std::span<const double> w) -> math::Result<math::LossGradient> {
        math::LossGradient sum{0, Numbers(w.size(), 0.0)};
        for (std::size_t i = 1; i < w.size(); ++i) {
            sum.loss += kRidge / 2 * w[i] * w[i];
            sum.gradient[i] += kRidge * w[i];
        }
        for (const auto* signals : tenants) {
            for (const auto& signal : *signals) {
                const auto one = math::logistic_loss(w, *signal.features, helped(signal)).value();
                sum.loss += one.loss;
                for (std::size_t i = 0; i < w.size(); ++i) {
                    sum.gradient[i] += one.gradient[i];
                }
            }
        }
        return sum;
    };
    const auto box = math::Box::make(Numbers(domain::kCoverageFeatures, -20.0),
                                     Numbers(domain::kCoverageFeatures, 20.0))
                         .value();
    const auto least = math::minimise_over_box(loss, box, 1e-6).value();
    CoverageFeatures out{};
    std::copy(least.point.begin(), least.point.end(), out.begin());
    return out;
}

domain::LearntRow beginning(const CoverageFeatures& weights, const domain::Constitution& law) {
    auto row = domain::starting_row(law);
    std::copy(weights.begin(), weights.end(), row.after.begin() + domain::kCalibrationFirst);
    row.before = row.after;
    return row;
}

// What the service says of each question before its verdict, where it has heard enough of them.
void as_served(const Tenant& tenant, std::size_t first_question, const CoverageFeatures& start,
               const domain::Constitution& law, std::mt19937& random, std::vector<Said>& out) {
    std::vector<std::size_t> order(tenant.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    domain::LearningHistory history;
    history.add(beginning(start, law));
    for (const std::size_t i : order) {
        const auto& newest = *history.newest;
        const auto theta = domain::theta_of(newest.version, newest.after, law, newest.charts.count);
        const auto signal = verdict_on(tenant[i], theta);
        if (const auto p = domain::calibrated_probability(theta, *signal.features)) {
            out.push_back({first_question + i, *p, helped(signal)});
        }
        for (const auto& row : domain::learn(history, signal, law)) {
            history.add(row);
        }
    }
}

void hostile(const char* name, const Tenant& tenant, const domain::Constitution& law,
             const std::function<double(std::size_t)>& reward) {
    domain::LearningHistory history;
    double least = 1;
    double most = 0;
    std::size_t calibrated = 0;
    for (std::size_t i = 0; i < kHostile; ++i) {
        const auto theta = history.newest
                               ? domain::theta_of(history.newest->version, history.newest->after,
                                                  law, history.newest->charts.count)
                               : domain::starting_theta(law);
        auto signal = verdict_on(tenant[i % tenant.size()], theta);
        signal.reward = reward(i);
        if (const auto p = domain::calibrated_probability(theta, *signal.features)) {
            least = std::min(least, *p);
            most = std::max(most, *p);
            ++calibrated;
        }
        for (const auto& row : domain::learn(history, signal, law)) {
            history.add(row);
        }
    }
    std::printf("| %s | %zu | %zu |", name, kHostile, calibrated);
    calibrated > 0 ? std::printf(" %.4f to %.4f |\n", least, most) : std::printf(" |\n");
}

void measure(const std::vector<Tenant>& tenants, const domain::Constitution& law) {
    std::vector<Signals> signals;
    for (const Tenant& tenant : tenants) {
        auto& of = signals.emplace_back();
        for (const Asked& question : tenant) {
            of.push_back(verdict_on(question, domain::starting_theta(law)));
        }
    }
    std::vector<Said> leisure;
    std::vector<Said> served;
    std::vector<Said> from_nothing;
    std::size_t questions = 0;
    std::mt19937 random(1);
    for (std::size_t t = 0; t < tenants.size(); ++t) {
        std::vector<const Signals*> others;
        for (std::size_t o = 0; o < tenants.size(); ++o) {
            if (o != t) {
                others.push_back(&signals[o]);
            }
        }
        const auto start = fitted(others);
        auto theta = domain::starting_theta(law);
        theta.calibration = start;
        theta.verdicts = domain::kEnoughVerdicts;
        for (std::size_t i = 0; i < tenants[t].size(); ++i) {
            const auto& signal = signals[t][i];
            leisure.push_back({questions + i,
                               *domain::calibrated_probability(theta, *signal.features),
                               helped(signal)});
        }
        for (std::size_t order = 0; order < kOrders; ++order) {
            as_served(tenants[t], questions, start, law, random, served);
            as_served(tenants[t], questions, {}, law, random, from_nothing);
        }
        questions += tenants[t].size();
    }
    std::printf(
        "| p | said | base rate | Brier score | Brier skill | ECE, equal mass | ECE, equal width "
        "|\n|---|---|---|---|---|---|---|\n");
    print("fitted to four conversations, asked of the fifth", leisure, questions);
    print("as served, from there on", served, questions);
    print("as served, from nothing on", from_nothing, questions);
    std::vector<const Signals*> all;
    for (const auto& of : signals) {
        all.push_back(&of);
    }
    std::printf("\nfitted to all:");
    for (const double weight : fitted(all)) {
        std::printf(" %.3f", weight);
    }
    std::printf("\n\n| hostile stream | verdicts | with a calibrated p | p |\n|---|---|---|---|\n");
    hostile("constant +1", tenants.front(), law, [](std::size_t) { return 1.0; });
    hostile("constant -1", tenants.front(), law, [](std::size_t) { return -1.0; });
    hostile("flips of +1 and -1", tenants.front(), law,
            [](std::size_t i) { return i % 2 == 0 ? 1.0 : -1.0; });
    hostile("never above 0, never twice alike", tenants.front(), law,
            [](std::size_t i) { return -static_cast<double>(i % 7) / 7; });
}

}  // namespace

int main(int argc, char** argv) {
    const char* model = std::getenv("SOMABRAIN_MODEL_DIR");
    if (argc != 2 || model == nullptr) {
        std::cerr << "usage: SOMABRAIN_MODEL_DIR=… bench_calibration FILE\n";
        return 2;
    }
    backends::LocalEmbedder embedder({.directory = model});
    measure(tenants_of(argv[1], embedder), sandbox_law());
    return 0;
}
