#include "domain/adaptation/charts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace soma::domain {
namespace {

constexpr std::array<std::string_view, kAlarmCount> kNames = {"level", "fixity", "split"};

/// ln(1/0.9): a reward that repeats the one before.
const double kRepeated = std::log(1 / 0.9);
/// ln(½ / ¼) and ln(½ / ¾): a verdict that contradicts the one before, and one that does not.
const double kContradicted = std::log(2.0);
const double kConfirmed = std::log(2.0 / 3.0);

void move(RunChart& chart, double by, std::uint64_t version) {
    if (chart.sum == 0) {
        chart.quiet = version;
    }
    chart.sum = std::max(0.0, chart.sum + by);
}

}  // namespace

std::string_view alarm_name(Alarm alarm) {
    return kNames[static_cast<std::size_t>(alarm)];
}

std::optional<Alarm> alarm_of(std::string_view name) {
    const auto* at = std::find(kNames.begin(), kNames.end(), name);
    return at == kNames.end() ? std::nullopt
                              : std::optional(static_cast<Alarm>(at - kNames.begin()));
}

const RunChart& RewardCharts::operator[](Alarm alarm) const {
    return alarm == Alarm::level ? level : alarm == Alarm::fixity ? fixity : split;
}

RewardCharts RewardCharts::from(std::uint64_t version) {
    RewardCharts charts;
    charts.level.quiet = charts.fixity.quiet = charts.split.quiet = version;
    return charts;
}

std::optional<Alarm> RewardCharts::add(double reward, std::uint64_t version,
                                       const RollbackLimits& limits) {
    SOMA_ASSERT(reward >= -1 && reward <= 1, "the contract bounds rewards");
    const auto n = static_cast<double>(count);
    if (count >= kSettled) {
        const double deviation = std::max(std::sqrt(squares / (n - 1)), kLeastDeviation);
        const double z = std::clamp((reward - mean) / deviation * std::sqrt(n / (n + 1)),
                                    -kMostDeviations, kMostDeviations);
        move(level, -z - limits.allowance, version);
    }
    if (count > 0) {
        // A run of two begins with the first of them.
        move(fixity, reward == last ? kRepeated : -INFINITY, last_version);
        move(split, reward * last < 0 ? kContradicted : kConfirmed, last_version);
    }
    const double before = reward - mean;
    ++count;
    mean += before / (n + 1);
    squares += before * (reward - mean);
    last = reward;
    last_version = version;
    for (const Alarm alarm : {Alarm::level, Alarm::fixity, Alarm::split}) {
        if ((*this)[alarm].sum > limits.limit) {
            return alarm;
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
