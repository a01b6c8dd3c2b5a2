#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/adaptation/charts.h"
#include "domain/adaptation/coordinates.h"

namespace soma::domain {

/// What a verdict says of θ: the memories it was given about, those it credits, and what had been
/// stated of the action. A value.
struct LearningSignal {
    double reward = 0;                 ///< in [−1, 1]
    std::vector<ViewValues> memories;  ///< the evaluation's, at most kMaxBundleMemories
    std::vector<bool> used;            ///< aligned with them
    double probability = 1;            ///< p in (0, 1]; 1 where none was stated
    double cost = 0;                   ///< ≥ 0
    double latency_seconds = 0;        ///< ≥ 0
    /// The answer's; absent: it had no coverage.
    std::optional<CoverageFeatures> features = {};
};

/// The gradient at θ of the three losses, each convex in θ:
/// views: |r| times the cross-entropy of the softmax over the memories (scores Σ u_v φ_v) against
/// equal credit for those used, or where r < 0 for those not used; nothing where that is none or
/// all of them.
/// λ, μ, ν: ½(θᵀz − y)²/(1 + ‖z‖²), z = (ln p, −c, −ℓ), y = r − 1: an action that went as well as
/// can be was worth the law's b, and what it lacked was to be foreseen. The divisor keeps the
/// gradient below ‖θ‖ + 2 whatever was stated; what was not stated is 0 in z and teaches nothing.
/// calibration: the logistic loss of σ(wᵀf), f the answer's features, against whether r > 0.
/// Pure.
Coordinates learning_gradient(const Coordinates& at, const LearningSignal& signal);

/// Why a tenant's θ changed.
enum class LearningKind : std::uint8_t {
    step,        ///< a verdict; one that teaches nothing leaves θ as it was
    rollback,    ///< somebody went back to an earlier version
    alarm,       ///< a chart did
    projection,  ///< the law's bounds no longer held θ
};
std::string_view kind_name(LearningKind kind);
std::optional<LearningKind> learning_kind_of(std::string_view name);

/// Σ‖g‖² of the steps so far: they get shorter as it grows. Each loss has its own.
struct GradientSquares {
    double utility = 0;
    double views = 0;
    double calibration = 0;

    friend bool operator==(const GradientSquares&, const GradientSquares&) = default;
};

/// One row of a tenant's append-only history of θ, and all that the next one needs.
struct LearntRow {
    std::uint64_t version = 0;  ///< from 1, dense; 0: where the law begins
    LearningKind kind = LearningKind::step;
    std::uint64_t constitution_version = 0;  ///< whose bounds held
    Coordinates before{};
    Coordinates after{};
    std::optional<Coordinates> gradient;    ///< of a step
    std::optional<double> reward;           ///< of a step
    std::optional<Alarm> alarm;             ///< which chart went back
    std::optional<std::uint64_t> restored;  ///< the version gone back to
    GradientSquares squares;                ///< with this step's
    RewardCharts charts;                    ///< with this step's reward

    friend bool operator==(const LearntRow&, const LearntRow&) = default;
};

/// The newest row of a tenant, if it has one, and θ after the versions that may be gone back to:
/// those that its charts name, and one that is asked for.
struct LearningHistory {
    std::optional<LearntRow> newest;
    std::map<std::uint64_t, Coordinates> earlier;

    /// Goes on from this row.
    void add(const LearntRow& row);
};

/// Row 0: where this law lets learning begin.
LearntRow starting_row(const Constitution& law);

/// The rows that a verdict adds, in their order: a projection where θ lies outside the law's
/// bounds, the step θ ← Π_C(θ − η_t g) with η_t = η/√(δ + Σ‖g‖²) for each loss, and where a chart
/// alarms and something was learnt since its run began, the way back. Pure.
std::vector<LearntRow> learn(const LearningHistory& history, const LearningSignal& signal,
                             const Constitution& law);

inline constexpr std::size_t kMostRowsOfAVerdict = 3;

/// The row that a law adds which no longer holds θ; nullopt: it does, or nothing was learnt. Pure.
std::optional<LearntRow> projection(const LearningHistory& history, const Constitution& law);

/// The rows that a return to `version` adds: θ as it stood after it, within today's bounds, and
/// empty charts. The length of steps stays what it is. nullopt: the version is not an earlier one,
/// or the history at hand does not have it. Pure.
std::optional<std::vector<LearntRow>> roll_back(const LearningHistory& history,
                                                std::uint64_t version, const Constitution& law);

/// Step lengths; those of utility and views were measured: docs/decisions/0025. Regret against any
/// fixed θ in the box is at most (D²/(2η) + η)·√(δ + Σ‖g‖²) of each loss, D its diameter there,
/// while nothing else moves θ.
inline constexpr double kUtilityStep = 0.1;
inline constexpr double kViewsStep = 0.5;
inline constexpr double kCalibrationStep = 0.5;
inline constexpr double kFirstSquare = 1;  ///< δ

/// Repeats a history, row by row from row 0 of the first row's law, from its stored gradients and
/// rewards. The first row that comes out otherwise in any bit; nullopt: none does. `law_of` gives
/// the law of a version. Pure.
using LawOf = std::function<const Constitution&(std::uint64_t version)>;
std::optional<std::uint64_t> first_untrue_row(std::span<const LearntRow> rows, const LawOf& law_of);

}  // namespace soma::domain
