#include "domain/ledger/learning_plan.h"

#include <gtest/gtest.h>

#include "domain/ledger/position.h"
#include "support/adaptation_law.h"

namespace soma::domain {
namespace {

Uuid id(std::uint8_t number) {
    Uuid out;
    out.bytes[15] = number;
    return out;
}

class LearningPlanTest : public ::testing::Test {
  protected:
    LearningPlanTest() {
        found.streams[id(2)] = 10;
        found.streams[id(3)] = 20;
        found.log_size = 100;
    }
    Intent intent(Change change) const {
        Intent out{.tenant = {id(1), id(2), id(3)},
                   .now = Time{},
                   .deadline = Deadline(std::chrono::hours(1))};
        out.changes.push_back(std::move(change));
        return out;
    }
    Intent feedback(std::uint8_t number, double reward) const {
        AddFeedback added;
        added.row.id = id(number);
        added.event.id = id(number);
        LearningSignal signal{.reward = reward, .memories = {}, .used = {true, false}};
        signal.memories.resize(2);
        signal.memories[0][View::facet] = 1;
        added.teaching = Teaching{signal, law};
        return intent(std::move(added));
    }
    Intent rollback(std::optional<std::uint64_t> version, std::uint64_t steps = 0) const {
        return intent(RollBackWeights{version, steps, law, {}});
    }
    /// Carries the plan's rows into what the next one finds, as the store would.
    void keep(const Plan& plan) {
        for (const auto& [tenant, writes] : plan.tenants) {
            for (const auto& learnt : writes.learnt) {
                found.tenants[tenant].learning.add(learnt.row);
            }
        }
    }

    std::shared_ptr<const Constitution> law =
        std::make_shared<const Constitution>(testing::adaptive_law());
    Findings found;
};

TEST_F(LearningPlanTest, AGroupLearnsAsIfItsVerdictsCameOneByOne) {
    const std::vector<Intent> group = {feedback(11, 1), feedback(12, 0.5), feedback(13, 0.75)};
    const auto together = make_plan(group, found);
    const auto& rows = together.tenants.at(id(1)).learnt;
    ASSERT_EQ(rows.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto alone = make_plan(std::span(group).subspan(i, 1), found);
        EXPECT_EQ(alone.tenants.at(id(1)).learnt.front().row, rows[i].row);
        EXPECT_EQ(rows[i].row.version, i + 1);
        EXPECT_EQ(rows[i].feedback, group[i].changes.front().index() == 2
                                        ? std::optional(id(static_cast<std::uint8_t>(11 + i)))
                                        : std::nullopt);
        keep(alone);
    }
    EXPECT_EQ(together.row_count(), 3 + 3 + 3U) << "events, feedback, weights";
}

TEST_F(LearningPlanTest, TheEventTellsVersionAndDeltas) {
    const std::vector<Intent> group = {feedback(11, 1)};
    const auto plan = make_plan(group, found);
    const auto& row = plan.tenants.at(id(1)).learnt.front().row;
    const auto& learning = plan.events.front().draft.learning;
    EXPECT_EQ(learning.at("weights_version"), 1);
    EXPECT_EQ(learning.at("kinds").as_array().front(), "step");
    const auto& deltas = learning.at("deltas").as_object();
    ASSERT_EQ(deltas.size(), 1U) << "of what moved alone";
    EXPECT_EQ(deltas.at("facet").as_double(), row.after[5] - row.before[5]);
    EXPECT_NE(plan.events.front().body.find("\"learning\":{"), std::string::npos);
    ASSERT_TRUE(plan.changes.front().at.learnt);
    EXPECT_EQ(*plan.changes.front().at.learnt, row);
    EXPECT_EQ(applied_changes(plan).front().learnt, plan.changes.front().at.learnt);
}

TEST_F(LearningPlanTest, FeedbackWithoutATeachingTeachesNothing) {
    auto plain = feedback(11, 1);
    std::get<AddFeedback>(plain.changes.front()).teaching.reset();
    const std::vector<Intent> group = {std::move(plain)};
    const auto plan = make_plan(group, found);
    EXPECT_TRUE(plan.tenants.at(id(1)).learnt.empty());
    EXPECT_EQ(plan.events.front().body.find("learning"), std::string::npos);
    EXPECT_FALSE(questions(group).tenants.at(id(1)).beyond_claims());
}

TEST_F(LearningPlanTest, ItIsNeverPresumed) {
    const std::vector<Intent> group = {feedback(11, 1)};
    const Position position{Uuid{}, 100, {{id(2), 10}, {id(3), 20}}};
    const auto asked = questions(group);
    EXPECT_TRUE(asked.tenants.at(id(1)).learning.has_value());
    EXPECT_EQ(presume(asked, position), std::nullopt);
}

TEST_F(LearningPlanTest, ARollbackComesAloneAndNamesAnEarlierVersion) {
    EXPECT_TRUE(comes_alone(rollback(0)));
    const auto outcome = [&](Intent asked) {
        const std::vector<Intent> group = {std::move(asked)};
        return make_plan(group, found).outcomes.front();
    };
    EXPECT_TRUE(std::holds_alternative<WeightsMissing>(outcome(rollback(0))))
        << "nothing was learnt yet";
    for (std::uint8_t i = 11; i < 15; ++i) {
        const std::vector<Intent> group = {feedback(i, 0.5 + 0.01 * i)};
        keep(make_plan(group, found));
    }
    EXPECT_EQ(std::get<WeightsMissing>(outcome(rollback(4))).newest, 4U) << "it is in force";
    EXPECT_TRUE(std::holds_alternative<WeightsMissing>(outcome(rollback({}, 5))));
    for (auto [version, steps] : {std::pair{std::optional<std::uint64_t>(1), std::uint64_t{0}},
                                  std::pair{std::optional<std::uint64_t>(), std::uint64_t{3}}}) {
        const std::vector<Intent> group = {rollback(version, steps)};
        const auto plan = make_plan(group, found);
        const auto& row = plan.tenants.at(id(1)).learnt.front().row;
        EXPECT_EQ(row.version, 5U);
        EXPECT_EQ(row.restored, 1U);
        EXPECT_EQ(row.after, found.tenants[id(1)].learning.earlier.at(1));
        EXPECT_EQ(plan.events.front().draft.learning.at("restored_version"), 1);
    }
}

TEST_F(LearningPlanTest, ALawThatNoLongerHoldsThemProjectsOnce) {
    auto narrow = *law;
    narrow.version = 2;
    testing::range(narrow, AdaptiveParameter::lambda) = {0.5, 0.5};
    const auto under = [&](const Constitution& of) {
        ProjectWeights change{std::make_shared<const Constitution>(of), {}};
        return std::vector<Intent>{intent(std::move(change))};
    };
    EXPECT_TRUE(comes_alone(under(narrow).front()));
    EXPECT_TRUE(questions(under(narrow)).tenants.at(id(1)).learning.has_value());
    const auto written = [&](const std::vector<Intent>& group) {
        const auto plan = make_plan(group, found);
        const bool is_inside = std::holds_alternative<WeightsInside>(plan.outcomes.front());
        EXPECT_EQ(plan.events.empty(), is_inside);
        keep(plan);
        return plan.row_count();
    };
    EXPECT_EQ(written(under(narrow)), 0U) << "nothing was learnt";
    const std::vector<Intent> said = {feedback(11, 1)};
    keep(make_plan(said, found));
    EXPECT_EQ(written(under(*law)), 0U) << "they are inside";
    const auto group = under(narrow);
    const auto plan = make_plan(group, found);
    const auto& row = plan.tenants.at(id(1)).learnt.front().row;
    EXPECT_EQ(row.kind, LearningKind::projection);
    EXPECT_EQ(row.constitution_version, 2U);
    EXPECT_EQ(row.after[0], 0.5);
    EXPECT_EQ(plan.events.front().draft.learning.at("kinds").as_array().front(), "projection");
    EXPECT_EQ(*plan.changes.front().at.learnt, row) << "it serves from now on";
    keep(plan);
    EXPECT_EQ(written(under(narrow)), 0U) << "once";
}

}  // namespace
}  // namespace soma::domain
