// What feedback teaches: `./dev bench learning FILE` (a LoCoMo file). One tenant per conversation,
// in this process: the corpus, embedder and search of the service, and the learner it decides steps
// by. Ten-fold: the questions of nine tenths come in random order, each as feedback that credits
// its evidence among the twenty memories returned, its reward the share found; the last tenth is
// asked with the weights learnt, and with the links of what was used together. Then what no order
// and no step length could have won, regret beside its bound, and hostile streams.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "co_used.h"
#include "domain/adaptation/learning.h"
#include "domain/adaptation/theta.h"
#include "math/convex/loss.h"
#include "math/convex/regret.h"
#include "verdicts.h"

namespace {

using namespace soma;
using namespace soma::bench;

constexpr std::size_t kFolds = 10;
constexpr std::size_t kReturned = 20;
constexpr std::size_t kCounted = 10;
constexpr std::size_t kHostile = 10'000;
constexpr int kRounds = 2'000;

double recall(const Asked& of, const domain::Theta& theta) {
    return 100 * found(of, best(of, theta.weights, kCounted));
}

domain::Coordinates theta_now(const domain::LearningHistory& history,
                              const domain::Constitution& law) {
    return history.newest ? history.newest->after : domain::starting_coordinates(law);
}

domain::Theta theta_after(const domain::LearningHistory& history, const domain::Constitution& law) {
    return domain::theta_of(1, theta_now(history, law), law);
}

// The views' loss of verdicts, |r| times the cross-entropy, as a function of u.
math::ConvexFunction loss_of(const std::vector<domain::LearningSignal>& signals) {
    return [&signals](std::span<const double> u) -> math::Result<math::LossGradient> {
        math::LossGradient sum{0, Numbers(domain::view_count, 0.0)};
        for (const auto& signal : signals) {
            const auto used = std::count(signal.used.begin(), signal.used.end(), true);
            if (used == 0 || used == static_cast<std::ptrdiff_t>(signal.used.size())) {
                continue;
            }
            Numbers views;
            Numbers credits;
            for (std::size_t i = 0; i < signal.used.size(); ++i) {
                const auto& numbers = signal.memories[i].numbers;
                views.insert(views.end(), numbers.begin(), numbers.end());
                credits.push_back(signal.used[i] ? 1 / static_cast<double>(used) : 0);
            }
            const auto loss = math::softmax_loss(u, views, credits).value();
            sum.loss += signal.reward * loss.loss;
            for (std::size_t v = 0; v < domain::view_count; ++v) {
                sum.gradient[v] += signal.reward * loss.gradient[v];
            }
        }
        return sum;
    };
}

// The box of coordinates [first, kCalibrationFirst).
math::Box box_from(std::size_t first, const domain::Constitution& law) {
    const auto box = domain::learning_box(law);
    const auto part = [first](const Numbers& all) {
        return Numbers(all.begin() + static_cast<std::ptrdiff_t>(first),
                       all.begin() + domain::kCalibrationFirst);
    };
    return math::Box::make(part(box.lower()), part(box.upper())).value();
}

math::Box views_box(const domain::Constitution& law) {
    return box_from(domain::kUtilityCoordinates, law);
}

// θ that the sum of these losses, and a pull to where learning begins, is least at.
domain::Theta at_leisure(const std::vector<domain::LearningSignal>& signals, double pull,
                         const domain::Constitution& law) {
    auto coordinates = domain::starting_coordinates(law);
    const Numbers start(coordinates.begin() + domain::kUtilityCoordinates,
                        coordinates.begin() + domain::kCalibrationFirst);
    const auto loss = loss_of(signals);
    const auto pulled = [&](std::span<const double> u) -> math::Result<math::LossGradient> {
        auto sum = loss(u).value();
        for (std::size_t v = 0; v < u.size(); ++v) {
            sum.loss += pull / 2 * (u[v] - start[v]) * (u[v] - start[v]);
            sum.gradient[v] += pull * (u[v] - start[v]);
        }
        return sum;
    };
    const auto least = math::minimise_over_box(pulled, views_box(law), 1e-4).value();
    std::copy(least.point.begin(), least.point.end(),
              coordinates.begin() + domain::kUtilityCoordinates);
    return domain::theta_of(1, coordinates, law);
}

struct Row {
    const char* name;
    Numbers differences;  // by question, against the fixed recipe

    void print() const {
        std::mt19937 random(1);
        Numbers means;
        const auto mean = [](const Numbers& of) {
            return std::accumulate(of.begin(), of.end(), 0.0) / static_cast<double>(of.size());
        };
        for (int round = 0; round < kRounds; ++round) {
            double sum = 0;
            for (std::size_t i = 0; i < differences.size(); ++i) {
                sum += differences[random() % differences.size()];
            }
            means.push_back(sum / static_cast<double>(differences.size()));
        }
        std::sort(means.begin(), means.end());
        std::printf("| %s | %zu | %+.2f [%+.2f, %+.2f] |\n", name, differences.size(),
                    mean(differences), means[kRounds / 40], means[kRounds - kRounds / 40 - 1]);
    }
};

struct Regret {
    double lost = 0;
    double least = 0;
    double bound = 0;
    std::size_t rounds = 0;
    std::size_t alarms = 0;
};

// What a pass fills besides, where given.
struct Watched {
    std::vector<domain::LearningSignal>* signals = nullptr;
    Regret* regret = nullptr;
    CoUsed* links = nullptr;  // the module `conductance`: links, and what they tell those after
};

// One pass over these questions; the history it leaves.
domain::LearningHistory pass(const Tenant& tenant, const std::vector<std::size_t>& order,
                             const domain::Constitution& law, const Watched& watched = {}) {
    const auto& [signals, regret, links] = watched;
    domain::LearningHistory history;
    for (const std::size_t i : order) {
        const auto at = theta_now(history, law);
        const auto theta = domain::theta_of(1, at, law);
        const Asked question = links != nullptr ? links->ranked(tenant[i]) : tenant[i];
        const auto signal = signal_of(question, theta, kReturned);
        if (regret != nullptr) {
            const std::vector<domain::LearningSignal> one = {signal};
            regret->lost +=
                loss_of(one)(std::span(at).subspan(domain::kUtilityCoordinates, domain::view_count))
                    .value()
                    .loss;
        }
        for (const auto& row : domain::learn(history, signal, law)) {
            history.add(row);
            if (regret != nullptr && row.kind == domain::LearningKind::alarm) {
                ++regret->alarms;
            }
        }
        if (signals != nullptr) {
            signals->push_back(signal);
        }
        if (links != nullptr) {
            links->add(question, theta, kReturned);
        }
    }
    return history;
}

void add_regret(const Tenant& tenant, const domain::Constitution& law, Regret& regret) {
    std::vector<std::size_t> order(tenant.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<domain::LearningSignal> signals;
    const auto history = pass(tenant, order, law, {&signals, &regret, nullptr});
    const auto box = views_box(law);
    regret.least += math::minimise_over_box(loss_of(signals), box, 1e-6).value().value;
    const double diameter = box.diameter();
    regret.bound += (diameter * diameter / (2 * domain::kViewsStep) + domain::kViewsStep) *
                    std::sqrt(domain::kFirstSquare + history.newest->squares.views);
    regret.rounds += tenant.size();
}

void hostile(const char* name, const Tenant& tenant, const domain::Constitution& law, double even,
             double odd) {
    domain::LearningHistory history;
    const auto box = domain::learning_box(law);
    std::size_t outside = 0;
    std::size_t alarms = 0;
    std::size_t first = 0;
    double farthest = 0;
    const auto start = domain::starting_coordinates(law);
    for (std::size_t i = 0; i < kHostile; ++i) {
        auto signal = signal_of(tenant[i % tenant.size()],
                                domain::theta_of(1, theta_now(history, law), law), kReturned);
        signal.reward = i % 2 == 0 ? even : odd;
        // The worst one is credited, and everything was stated.
        std::fill(signal.used.begin(), signal.used.end(), false);
        signal.used.back() = true;
        signal.probability = 1e-308;
        signal.cost = 1e15;
        for (const auto& row : domain::learn(history, signal, law)) {
            history.add(row);
            outside += box.contains(row.after) ? 0 : 1;
            if (row.kind == domain::LearningKind::alarm) {
                ++alarms;
                first = first == 0 ? i + 1 : first;
            }
        }
        double squares = 0;
        for (std::size_t c = 0; c < domain::kCalibrationFirst; ++c) {
            squares += std::pow(theta_now(history, law)[c] - start[c], 2);
        }
        farthest = std::max(farthest, std::sqrt(squares));
    }
    std::printf("| %s | %zu | %zu | %zu | %zu | %.2f of %.2f |\n", name, kHostile, outside, alarms,
                first, farthest, box_from(0, law).diameter());
}

void measure(const std::vector<Tenant>& tenants, const domain::Constitution& law) {
    const auto start = domain::starting_theta(law);
    Row online{"learnt from feedback, question by question", {}};
    Row leisure{"fitted to the same feedback at leisure", {}};
    Row hindsight{"best fixed weights in hindsight, the asked questions among the fitted", {}};
    Row linked{"learnt question by question, with links of what was used together", {}};
    Row walked{"the recipe and graph × 0.05, with such links", {}};
    auto walking = start;
    walking.weights.numbers[static_cast<std::size_t>(View::graph)] = 0.05;
    double fixed = 0;
    Regret regret;
    std::mt19937 random(1);
    for (const Tenant& tenant : tenants) {
        std::vector<std::size_t> order(tenant.size());
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), random);
        std::vector<domain::LearningSignal> all;
        for (const std::size_t i : order) {
            all.push_back(signal_of(tenant[i], start, kReturned));
        }
        const auto known = at_leisure(all, 0, law);
        for (std::size_t fold = 0; fold < kFolds; ++fold) {
            std::vector<std::size_t> taught;
            std::vector<domain::LearningSignal> signals;
            for (std::size_t i = 0; i < order.size(); ++i) {
                if (i % kFolds != fold) {
                    taught.push_back(order[i]);
                    signals.push_back(all[i]);
                }
            }
            const auto learnt = theta_after(pass(tenant, taught, law), law);
            const auto fitted = at_leisure(signals, 3, law);
            CoUsed links(tenant.front().values.size());
            const auto linking =
                theta_after(pass(tenant, taught, law, {nullptr, nullptr, &links}), law);
            for (std::size_t i = fold; i < order.size(); i += kFolds) {
                const Asked& question = tenant[order[i]];
                const double before = recall(question, start);
                fixed += before;
                online.differences.push_back(recall(question, learnt) - before);
                leisure.differences.push_back(recall(question, fitted) - before);
                hindsight.differences.push_back(recall(question, known) - before);
                const Asked ranked = links.ranked(question);
                linked.differences.push_back(recall(ranked, linking) - before);
                walked.differences.push_back(recall(ranked, walking) - before);
            }
        }
        add_regret(tenant, law, regret);
    }
    std::printf(
        "fixed recipe: recall@10 %.1f\n\n| weights | questions | difference |\n|---|---|---|\n",
        fixed / static_cast<double>(online.differences.size()));
    online.print();
    leisure.print();
    hindsight.print();
    linked.print();
    walked.print();
    std::printf(
        "\nregret over %zu verdicts: %.1f, bound %.0f (loss %.1f; best fixed in hindsight "
        "%.1f); alarms %zu\n",
        regret.rounds, regret.lost - regret.least, regret.bound, regret.lost, regret.least,
        regret.alarms);
    std::printf(
        "\n| hostile stream | verdicts | outside the bounds | rollbacks | the first at | "
        "farthest from the start |\n|---|---|---|---|---|---|\n");
    hostile("constant +1", tenants.front(), law, 1, 1);
    hostile("constant -1", tenants.front(), law, -1, -1);
    hostile("flips of +1 and -1", tenants.front(), law, 1, -1);
}

}  // namespace

int main(int argc, char** argv) {
    const char* model = std::getenv("SOMABRAIN_MODEL_DIR");
    if (argc != 2 || model == nullptr) {
        std::cerr << "usage: SOMABRAIN_MODEL_DIR=… bench_learning FILE\n";
        return 2;
    }
    backends::LocalEmbedder embedder({.directory = model});
    measure(tenants_of(argv[1], embedder), sandbox_law());
    return 0;
}
