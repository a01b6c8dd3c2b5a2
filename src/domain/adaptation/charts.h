#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/constitution/document/constitution.h"

namespace soma::domain {

/// What a stream of rewards may do that undoes what was learnt from it.
enum class Alarm : std::uint8_t {
    level,   ///< rewards fell below their own running mean
    fixity,  ///< rewards never vary: they say nothing of the weights
    split,   ///< rewards contradict each other as often as a coin does
};
inline constexpr std::size_t kAlarmCount = 3;
std::string_view alarm_name(Alarm alarm);
std::optional<Alarm> alarm_of(std::string_view name);

/// Page's cumulative sum, and the version in force before it last left 0: where its run is likely
/// to have begun (Page 1954).
struct RunChart {
    double sum = 0;
    std::uint64_t quiet = 0;

    friend bool operator==(const RunChart&, const RunChart&) = default;
};

/// Three one-sided CUSUM charts on the reward, all with the law's limit h. A value.
///
/// level: self-starting (Hawkins 1987), S ← max(0, S − z − k) with z = (r − mean)/sd·√(n/(n+1))
/// over the n ≥ kSettled rewards before it, sd ≥ kLeastDeviation and |z| ≤ kMostDeviations; k is
/// the law's allowance. fixity, split: sums of log-likelihood ratios, "each reward is the one
/// before" against one that is so at most 9 times of 10, and "every other verdict contradicts the
/// one before" against every fourth. Where that holds the mean time between false alarms is at
/// least e^h (Lorden 1971).
struct RewardCharts {
    static constexpr std::uint64_t kSettled = 20;
    static constexpr double kLeastDeviation = 0.1;
    static constexpr double kMostDeviations = 3;

    std::uint64_t count = 0;  ///< rewards since the charts began
    double mean = 0;
    double squares = 0;  ///< Σ(r − mean)²
    double last = 0;
    std::uint64_t last_version = 0;  ///< of the weights that the last reward was given for
    RunChart level;
    RunChart fixity;
    RunChart split;

    /// A reward in [−1, 1] that was given for weights whose version is `version`. The chart that
    /// passes the limit, if one does; it is then left as it is: begin anew with `from`.
    std::optional<Alarm> add(double reward, std::uint64_t version, const RollbackLimits& limits);
    const RunChart& operator[](Alarm alarm) const;

    /// Empty charts whose runs begin with this version.
    static RewardCharts from(std::uint64_t version);

    friend bool operator==(const RewardCharts&, const RewardCharts&) = default;
};

}  // namespace soma::domain
