#include "domain/adaptation/learning.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "math/convex/loss.h"

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"step", "rollback", "alarm", "projection"};

/// Equal credit for those that a verdict speaks for; empty: it tells them not apart.
std::vector<double> credits_of(const LearningSignal& signal) {
    const bool are_good = signal.reward > 0;
    const auto credited =
        static_cast<std::size_t>(std::count(signal.used.begin(), signal.used.end(), are_good));
    const auto used = std::count(signal.used.begin(), signal.used.end(), true);
    if (signal.reward == 0 || used == 0 || credited == 0 || credited == signal.used.size()) {
        return {};
    }
    std::vector<double> credits;
    for (const bool is_used : signal.used) {
        credits.push_back(is_used == are_good ? 1 / static_cast<double>(credited) : 0);
    }
    return credits;
}

void add_views(const Coordinates& at, const LearningSignal& signal, Coordinates& gradient) {
    const auto credits = credits_of(signal);
    if (credits.empty()) {
        return;
    }
    std::vector<double> views;
    for (const ViewValues& values : signal.memories) {
        views.insert(views.end(), values.numbers.begin(), values.numbers.end());
    }
    const auto u = std::span(at).subspan(kUtilityCoordinates, view_count);
    const auto loss = math::softmax_loss(u, views, credits).value();
    for (std::size_t v = 0; v < view_count; ++v) {
        gradient[kUtilityCoordinates + v] = std::fabs(signal.reward) * loss.gradient[v];
    }
}

void add_utility(const Coordinates& at, const LearningSignal& signal, Coordinates& gradient) {
    const std::array<double, kUtilityCoordinates> z = {std::log(signal.probability), -signal.cost,
                                                       -signal.latency_seconds};
    const auto loss =
        math::squared_loss(std::span(at).first(kUtilityCoordinates), z, signal.reward - 1).value();
    double scale = 1;
    for (const double value : z) {
        scale += value * value;
    }
    for (std::size_t i = 0; i < kUtilityCoordinates; ++i) {
        gradient[i] = loss.gradient[i] / scale;
    }
}

void add_calibration(const Coordinates& at, const LearningSignal& signal, Coordinates& gradient) {
    if (!signal.features) {
        return;
    }
    const double helped = signal.reward > 0 ? 1 : 0;
    const auto loss =
        math::logistic_loss(std::span(at).subspan(kCalibrationFirst), *signal.features, helped)
            .value();
    std::copy(loss.gradient.begin(), loss.gradient.end(), gradient.begin() + kCalibrationFirst);
}

/// Coordinates [first, last): θ − η/√(δ + Σ‖g‖²)·g, and Σ with this g. In index order and without
/// SIMD, so that replay has the same bits everywhere.
double descend(Coordinates& theta, const Coordinates& gradient, std::size_t first, std::size_t last,
               double square, double step) {
    for (std::size_t i = first; i < last; ++i) {
        square += gradient[i] * gradient[i];
    }
    const double eta = step / std::sqrt(kFirstSquare + square);
    for (std::size_t i = first; i < last; ++i) {
        theta[i] -= eta * gradient[i];
    }
    return square;
}

Coordinates inside(Coordinates coordinates, const Constitution& law) {
    learning_box(law).project(coordinates).value();
    return coordinates;
}

/// What a stored gradient and reward make of a row: all of a step but its alarm.
LearntRow step_from(const LearntRow& newest, const Coordinates& gradient, double reward,
                    const Constitution& law) {
    LearntRow row = newest;
    row.version = newest.version + 1;
    row.kind = LearningKind::step;
    row.constitution_version = law.version;
    row.before = newest.after;
    row.gradient = gradient;
    row.reward = reward;
    row.alarm.reset();
    row.restored.reset();
    auto theta = newest.after;
    row.squares.utility =
        descend(theta, gradient, 0, kUtilityCoordinates, newest.squares.utility, kUtilityStep);
    row.squares.views = descend(theta, gradient, kUtilityCoordinates, kCalibrationFirst,
                                newest.squares.views, kViewsStep);
    row.squares.calibration = descend(theta, gradient, kCalibrationFirst, kCoordinates,
                                      newest.squares.calibration, kCalibrationStep);
    row.after = inside(theta, law);
    return row;
}

LearntRow moved(const LearntRow& newest, LearningKind kind, const Coordinates& to,
                const Constitution& law) {
    LearntRow row;
    row.version = newest.version + 1;
    row.kind = kind;
    row.constitution_version = law.version;
    row.before = newest.after;
    row.after = inside(to, law);
    row.squares = newest.squares;
    row.charts = newest.charts;
    return row;
}

LearntRow returned(const LearntRow& newest, LearningKind kind, std::uint64_t version,
                   const Coordinates& to, const Constitution& law) {
    auto row = moved(newest, kind, to, law);
    row.restored = version;
    row.charts = RewardCharts::from(row.version);
    return row;
}

bool same_bits(const LearntRow& x, const LearntRow& y) {
    return x == y && std::memcmp(x.after.data(), y.after.data(), sizeof x.after) == 0;
}

const Coordinates* theta_after(const LearningHistory& history, std::uint64_t version) {
    const auto at = history.earlier.find(version);
    return at == history.earlier.end() ? nullptr : &at->second;
}

/// A history that begins: its newest row, and row 0 among the earlier ones.
LearningHistory begun(LearningHistory history, const Constitution& law) {
    const auto start = starting_row(law);
    history.earlier.try_emplace(0, start.after);
    if (!history.newest) {
        history.newest = start;
    }
    history.earlier.insert_or_assign(history.newest->version, history.newest->after);
    return history;
}

}  // namespace

std::optional<LearntRow> projection(const LearningHistory& history, const Constitution& law) {
    if (!history.newest) {
        return std::nullopt;
    }
    auto row = moved(*history.newest, LearningKind::projection, history.newest->after, law);
    return row.after == row.before ? std::nullopt : std::optional(std::move(row));
}

Coordinates learning_gradient(const Coordinates& at, const LearningSignal& signal) {
    SOMA_ASSERT(signal.used.size() == signal.memories.size(), "each memory was used or not");
    Coordinates gradient{};
    add_utility(at, signal, gradient);
    add_views(at, signal, gradient);
    add_calibration(at, signal, gradient);
    return gradient;
}

std::string_view kind_name(LearningKind kind) {
    return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<LearningKind> learning_kind_of(std::string_view name) {
    const auto* at = std::find(kKinds.begin(), kKinds.end(), name);
    return at == kKinds.end() ? std::nullopt
                              : std::optional(static_cast<LearningKind>(at - kKinds.begin()));
}

void LearningHistory::add(const LearntRow& row) {
    newest = row;
    earlier.insert_or_assign(row.version, row.after);
}

LearntRow starting_row(const Constitution& law) {
    LearntRow row;
    row.constitution_version = law.version;
    row.before = row.after = starting_coordinates(law);
    return row;
}

std::vector<LearntRow> learn(const LearningHistory& history, const LearningSignal& signal,
                             const Constitution& law) {
    auto now = begun(history, law);
    std::vector<LearntRow> rows;
    if (const auto projected = projection(now, law)) {
        rows.push_back(*projected);
        now.add(*projected);
    }
    const auto& newest = *now.newest;
    auto row = step_from(newest, learning_gradient(newest.after, signal), signal.reward, law);
    const auto alarm = row.charts.add(signal.reward, newest.version, law.bounds.rollback);
    if (!alarm) {
        rows.push_back(std::move(row));
        return rows;
    }
    const std::uint64_t quiet = row.charts[*alarm].quiet;
    row.alarm = alarm;
    row.charts = RewardCharts::from(row.version);
    rows.push_back(row);
    const auto* kept = theta_after(now, quiet);
    SOMA_ASSERT(kept != nullptr, "the versions that charts name are at hand");
    auto back = returned(row, LearningKind::alarm, quiet, *kept, law);
    if (back.after != back.before) {
        back.alarm = alarm;
        rows.push_back(std::move(back));
    }
    return rows;
}

std::optional<std::vector<LearntRow>> roll_back(const LearningHistory& history,
                                                std::uint64_t version, const Constitution& law) {
    auto now = begun(history, law);
    const auto* kept = theta_after(now, version);
    if (kept == nullptr || version >= now.newest->version) {
        return std::nullopt;
    }
    return std::vector{returned(*now.newest, LearningKind::rollback, version, *kept, law)};
}

std::optional<std::uint64_t> first_untrue_row(std::span<const LearntRow> rows,
                                              const LawOf& law_of) {
    if (rows.empty()) {
        return std::nullopt;
    }
    LearningHistory now = begun({}, law_of(rows.front().constitution_version));
    for (const LearntRow& told : rows) {
        const Constitution& law = law_of(told.constitution_version);
        now.earlier[0] = starting_row(law).after;
        const LearntRow& newest = *now.newest;
        LearntRow again;
        if (told.kind == LearningKind::step && told.gradient && told.reward) {
            again = step_from(newest, *told.gradient, *told.reward, law);
            again.alarm = again.charts.add(*told.reward, newest.version, law.bounds.rollback);
            again.charts = again.alarm ? RewardCharts::from(again.version) : again.charts;
        } else if (told.kind == LearningKind::projection) {
            again = moved(newest, told.kind, newest.after, law);
        } else if (const auto* kept = theta_after(now, told.restored.value_or(told.version))) {
            again = returned(newest, told.kind, *told.restored, *kept, law);
            again.alarm = told.alarm;
        }
        if (!same_bits(again, told)) {
            return told.version;
        }
        now.add(told);
    }
    return std::nullopt;
}

}  // namespace soma::domain
