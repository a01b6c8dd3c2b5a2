#include "domain/ledger/learning_plan.h"

#include <boost/json/array.hpp>
#include <span>
#include <string>
#include <utility>

#include "base/error.h"

namespace soma::domain {
namespace {

std::uint64_t newest_version(const LearningHistory& history) {
    return history.newest ? history.newest->version : 0;
}

/// The version meant; nullopt: no such one is earlier than the newest.
std::optional<std::uint64_t> version_of(const RollBackWeights& rollback,
                                        const LearningHistory& history) {
    const std::uint64_t newest = newest_version(history);
    if (rollback.version) {
        return *rollback.version < newest ? rollback.version : std::nullopt;
    }
    return rollback.steps > 0 && rollback.steps <= newest ? std::optional(newest - rollback.steps)
                                                          : std::nullopt;
}

boost::json::object told(std::span<const LearntRow> rows) {
    boost::json::object out;
    boost::json::object deltas;
    for (std::size_t i = 0; i < kCoordinates; ++i) {
        const double delta = rows.back().after[i] - rows.front().before[i];
        if (delta != 0) {
            deltas[coordinate_name(i)] = delta;
        }
    }
    boost::json::array kinds;
    for (const LearntRow& row : rows) {
        kinds.emplace_back(kind_name(row.kind));
        if (row.alarm) {
            out["alarm"] = alarm_name(*row.alarm);
        }
        if (row.restored) {
            out["restored_version"] = *row.restored;
        }
    }
    out["weights_version"] = rows.back().version;
    out["kinds"] = std::move(kinds);
    out["deltas"] = std::move(deltas);
    return out;
}

void plan_rows(const std::vector<LearntRow>& rows, std::optional<Uuid> feedback, Time now,
               LearningHistory& history, PlannedChange& planned, TenantWrites& writes) {
    for (const LearntRow& row : rows) {
        writes.learnt.push_back({row, planned.at, now, feedback});
        history.add(row);
    }
    planned.at.learnt = std::make_shared<const LearntRow>(rows.back());
    planned.learning = told(rows);
}

}  // namespace

void plan_teaching(const AddFeedback& feedback, Time now, LearningHistory& history,
                   PlannedChange& planned, TenantWrites& writes) {
    if (feedback.teaching) {
        const auto rows = learn(history, feedback.teaching->signal, *feedback.teaching->law);
        plan_rows(rows, feedback.row.id, now, history, planned, writes);
    }
}

void plan_rollback(const RollBackWeights& rollback, Time now, LearningHistory& history,
                   PlannedChange& planned, TenantWrites& writes) {
    const auto version = version_of(rollback, history);
    const auto rows = version ? roll_back(history, *version, *rollback.law) : std::nullopt;
    SOMA_ASSERT(rows.has_value(), "whether the version is there was asked before");
    plan_rows(*rows, std::nullopt, now, history, planned, writes);
}

void plan_projection(const ProjectWeights& project, Time now, LearningHistory& history,
                     PlannedChange& planned, TenantWrites& writes) {
    plan_rows({projection(history, *project.law).value()}, std::nullopt, now, history, planned,
              writes);
}

std::optional<Outcome> refuse_learning(const Intent& intent, const LearningHistory& history) {
    for (const Change& change : intent.changes) {
        if (const auto* rollback = std::get_if<RollBackWeights>(&change)) {
            const auto version = version_of(*rollback, history);
            if (!version || (*version != 0 && !history.earlier.contains(*version))) {
                return WeightsMissing{newest_version(history)};
            }
        }
        const auto* project = std::get_if<ProjectWeights>(&change);
        if (project != nullptr && !projection(history, *project->law)) {
            return WeightsInside{};
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
