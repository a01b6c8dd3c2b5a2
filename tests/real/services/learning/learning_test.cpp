#include "services/learning/learning.h"

#include <array>
#include <cmath>
#include <set>
#include <thread>

#include "domain/adaptation/calibration.h"
#include "support/living_core.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

class LearningTest : public ::testing::Test {
  protected:
    LearningTest() {
        for (const float x : {1.0F, -1.0F, 0.6F}) {  // the second is far from what is asked
            RememberRequest item;
            item.set_text("The bridge opens at noon.");
            item.add_embedding(x);
            item.add_embedding(1 - x);
            memories.push_back(core.remember(tenant, item).id());
        }
    }
    EvaluateResponse evaluated(const std::string& query = "what?") {
        EvaluateRequest asked;
        asked.set_query(query);
        asked.add_embedding(0.6F);
        asked.add_embedding(0.4F);
        asked.set_confidence(0.5);
        return core.evaluate(tenant, asked);
    }
    FeedbackRequest verdict(double reward) {
        FeedbackRequest said;
        said.set_evaluation_id(evaluated().evaluation_id());
        said.set_reward(reward);
        said.add_used_memory_ids(memories.back());
        return said;
    }
    Admission admitted(const RequestContext& context) {
        auto admission = LivingCore::admitted(tenant, context);
        admission.law = law;
        return admission;
    }
    void teach(double reward) { core.add_feedback(tenant, verdict(reward)); }
    GetWeightsResponse weights() {
        const auto context = LivingCore::request("Brain.GetWeights");
        return core.learning.get(context, admitted(context), {});
    }
    WeightsHistoryResponse history(int limit = 100, std::int64_t below = 0) {
        WeightsHistoryRequest asked;
        asked.set_limit(limit);
        if (below != 0) {
            asked.set_below(below);
        }
        const auto context = LivingCore::request("Brain.WeightsHistory");
        return core.learning.history(context, admitted(context), asked);
    }
    RollBackWeightsResponse back(const RollBackWeightsRequest& asked, const std::string& key = {}) {
        auto context = LivingCore::request("Brain.RollBackWeights");
        context.idempotency_key = key;
        return core.learning.roll_back(context, admitted(context), asked);
    }
    std::vector<domain::LearntRow> rows() {
        std::vector<domain::LearntRow> out;
        for (const auto& kept :
             core.learning_weights.history(tenant.id, 1'000'000, 1'000, LivingCore::soon())) {
            out.insert(out.begin(), kept.row);
        }
        return out;
    }
    void expect_true() {
        const auto law_of = [&](std::uint64_t) -> const domain::Constitution& { return law->law; };
        EXPECT_EQ(domain::first_untrue_row(rows(), law_of), std::nullopt);
        test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
    }

    LivingCore core;
    std::shared_ptr<const EnforcedLaw> law = LivingCore::law();
    const backends::TenantRow tenant = core.own_vectors(2);
    std::vector<std::string> memories;
};

TEST_F(LearningTest, FeedbackMovesTheWeightsThatServeTheNextRequest) {
    const auto start = weights();
    EXPECT_EQ(start.weights().version(), 0U);
    EXPECT_EQ(start.constitution_version(), law->version);
    teach(1);
    const auto next = weights();
    EXPECT_EQ(next.weights().version(), 1U);
    EXPECT_NE(next.weights().views(0).weight(), start.weights().views(0).weight());
    EXPECT_NE(next.weights().lambda(), start.weights().lambda());
    evaluated();
    const auto events = core.events(tenant.id);
    EXPECT_EQ(events.back().at("details").at("weights_version"), 1);
    const auto said = std::find_if(events.rbegin(), events.rend(), [](const auto& event) {
        return event.at("action") == "brain.feedback";
    });
    ASSERT_NE(said, events.rend());
    const auto& learning = said->at("learning").as_object();
    EXPECT_EQ(learning.at("weights_version"), 1);
    const auto row = rows().front();
    EXPECT_EQ(learning.at("deltas").at("lambda").to_number<double>(), row.after[0] - row.before[0]);
    expect_true();
}

TEST_F(LearningTest, TheSameFeedbackAgainTeachesNothingMore) {
    const auto said = verdict(1);
    const auto first = core.add_feedback(tenant, said);
    EXPECT_EQ(core.add_feedback(tenant, said).feedback_id(), first.feedback_id());
    EXPECT_EQ(rows().size(), 1U);
    auto other = said;
    other.set_reward(-1);
    EXPECT_TRUE(test::error_of([&] { core.add_feedback(tenant, other); }));
    EXPECT_EQ(rows().size(), 1U);
}

TEST_F(LearningTest, ConcurrentVerdictsNeitherLoseNorDoubleAStep) {
    constexpr int kThreads = 8;
    constexpr int kEach = 6;
    std::vector<FeedbackRequest> said;
    for (int i = 0; i < kThreads * kEach; ++i) {
        said.push_back(verdict(0.02 * i));
    }
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                core.add_feedback(tenant, said[static_cast<std::size_t>(t * kEach + i)]);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    const auto all = rows();
    std::multiset<double> rewards;
    std::uint64_t version = 0;
    for (const auto& row : all) {
        EXPECT_EQ(row.version, ++version);
        if (row.reward) {
            rewards.insert(*row.reward);
        }
    }
    EXPECT_EQ(rewards.size(), said.size());
    for (const auto& each : said) {
        EXPECT_EQ(rewards.count(each.reward()), 1U);
    }
    EXPECT_EQ(weights().weights().version(), all.size());
    expect_true();
}

TEST_F(LearningTest, ANewProcessGoesOnFromTheNewestRow) {
    teach(1);
    teach(0.5);
    const auto context = LivingCore::request("Brain.Evaluate");
    Weights fresh(core.learning_weights);
    const auto theta = fresh.of(admitted(context), LivingCore::soon());
    EXPECT_EQ(theta.version, 2U);
    EXPECT_EQ(theta, core.weights.of(admitted(context), LivingCore::soon()));
    Committer second(core.world.cluster.app());
    second.start();
    Writer writer(core.keyring, second, core.working_memory, core.ids);
    Feedback feedback(core.evaluations, core.feedback_events, core.keyring, writer, core.ids);
    const auto said = verdict(0.75);
    const auto asked = LivingCore::request("Brain.Feedback");
    feedback.add(asked, LivingCore::admitted(tenant, asked), said);
    teach(0.25);
    EXPECT_EQ(rows().size(), 4U) << "two writers, one history";
    expect_true();
}

TEST_F(LearningTest, HistoryIsPaged) {
    for (const double reward : {0.1, 0.2, 0.3}) {
        teach(reward);
    }
    const auto first = history(2);
    ASSERT_EQ(first.changes_size(), 2);
    EXPECT_EQ(first.coordinates_size(), static_cast<int>(domain::kCoordinates));
    EXPECT_EQ(first.changes(0).version(), 3U);
    EXPECT_EQ(first.changes(0).kind(), "step");
    EXPECT_EQ(first.changes(0).reward(), 0.3);
    EXPECT_EQ(first.changes(0).gradient_size(), static_cast<int>(domain::kCoordinates));
    EXPECT_TRUE(first.changes(0).has_feedback_id());
    ASSERT_EQ(first.next(), 2U);
    const auto rest = history(2, static_cast<std::int64_t>(first.next()));
    ASSERT_EQ(rest.changes_size(), 1);
    EXPECT_FALSE(rest.has_next());
    EXPECT_EQ(rest.changes(0).version(), 1U);
}

TEST_F(LearningTest, ARollbackIsARowAndItsKeyAnswersTheSameAgain) {
    for (const double reward : {0.9, 0.8, 0.7}) {
        teach(reward);
    }
    const auto wanted = rows().front().after;
    RollBackWeightsRequest asked;
    asked.set_steps(2);
    const auto answer = back(asked, "once");
    EXPECT_EQ(answer.restored_version(), 1U);
    EXPECT_EQ(answer.weights().version(), 4U);
    EXPECT_EQ(rows().back().after, wanted);
    EXPECT_EQ(weights().weights().version(), 4U);
    EXPECT_EQ(back(asked, "once").sequence(), answer.sequence());
    EXPECT_EQ(rows().size(), 4U);
    RollBackWeightsRequest all;
    all.set_to_version(0);
    EXPECT_EQ(back(all).restored_version(), 0U);
    EXPECT_EQ(rows().back().after, domain::starting_coordinates(law->law));
    expect_true();
    for (const std::int64_t version : {5, 6, 900}) {
        RollBackWeightsRequest wrong;
        wrong.set_to_version(version);
        test::expect_error(ErrorKind::not_found, "/to_version", [&] { back(wrong); });
    }
    asked.set_to_version(1);
    test::expect_error(ErrorKind::invalid_argument, "/to_version", [&] { back(asked); });
    test::expect_error(ErrorKind::invalid_argument, "/to_version", [&] { back({}); });
}

TEST_F(LearningTest, AHostileStreamIsTakenBack) {
    const auto start = domain::starting_coordinates(law->law);
    for (int i = 0; i < 9; ++i) {
        teach(i % 2 == 0 ? 1 : -1);
    }
    const auto row = rows().back();
    EXPECT_EQ(row.kind, domain::LearningKind::alarm);
    EXPECT_EQ(row.alarm, domain::Alarm::split);
    EXPECT_EQ(row.after, start);
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("learning").at("alarm"), "split");
    expect_true();
}

TEST_F(LearningTest, ANarrowerLawServesProjectedWeightsAndRecordsThem) {
    for (const double reward : {0.9, 0.8, 0.7}) {
        teach(reward);
    }
    auto text = law->law;
    text.version = 8;
    text.bounds.parameters[static_cast<std::size_t>(domain::AdaptiveParameter::lambda)] = {1, 1};
    law = std::make_shared<const EnforcedLaw>(
        EnforcedLaw{8, law->hash, text, domain::RuleSet(text.rules)});
    EXPECT_EQ(weights().weights().lambda(), 1) << "at once";
    const auto context = LivingCore::request("Brain.Feedback");
    core.feedback.add(context, admitted(context), verdict(0.6));
    const auto all = rows();
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[3].kind, domain::LearningKind::projection);
    EXPECT_EQ(all[3].constitution_version, 8U);
    EXPECT_EQ(all[3].after[0], 1);
    EXPECT_EQ(all[4].kind, domain::LearningKind::step);
}

TEST_F(LearningTest, FeedbackCalibratesWhatNobodyStates) {
    EvaluateRequest asked;
    asked.set_query("what?");
    asked.add_embedding(0.6F);
    asked.add_embedding(0.4F);
    // Rewards that no chart minds.
    const std::array<double, 5> rewards = {0.9, 0.4, 0, 0.7, 0.1};
    const int enough = static_cast<int>(domain::kEnoughVerdicts);
    for (int i = 0; i < enough; ++i) {
        teach(rewards[static_cast<std::size_t>(i) % rewards.size()]);
        const auto figures = core.evaluate(tenant, asked).utility();
        const bool is_calibrated = i + 1 == enough;
        ASSERT_EQ(figures.probability_source(), is_calibrated ? "calibrated" : "assumed") << i;
        ASSERT_EQ(figures.probability() < 1, is_calibrated);
    }
    const auto calibration = weights().weights().calibration();
    EXPECT_EQ(calibration.verdicts(), domain::kEnoughVerdicts);
    EXPECT_EQ(calibration.needed(), domain::kEnoughVerdicts);
    ASSERT_EQ(calibration.features_size(), static_cast<int>(domain::kCoverageFeatures));
    const auto answer = core.evaluate(tenant, asked);
    const double p = answer.utility().probability();
    EXPECT_GT(p, 0.5) << "four verdicts of five say that it helped";
    EXPECT_DOUBLE_EQ(answer.utility().utility(), 1 + answer.utility().lambda() * std::log(p));
    EXPECT_EQ(core.evaluate(tenant, asked).digest(), answer.digest()) << "the same bits";
    EXPECT_EQ(core.replay(tenant, answer.evaluation_id()).SerializeAsString(),
              answer.SerializeAsString());
    asked.set_confidence(0.5);
    const auto stated = core.evaluate(tenant, asked).utility();
    EXPECT_EQ(stated.probability(), 0.5) << "who states one knows better";
    EXPECT_EQ(stated.probability_source(), "caller");
    expect_true();
}

TEST_F(LearningTest, ACalibratedProbabilityMayRefuse) {
    auto strict = law->law;
    strict.utility.minimum = strict.utility.baseline - 0.001;
    law = std::make_shared<const EnforcedLaw>(
        EnforcedLaw{law->version, law->hash, strict, domain::RuleSet(strict.rules)});
    EvaluateRequest asked;
    asked.set_query("what?");
    asked.add_embedding(0.6F);
    asked.add_embedding(0.4F);
    const auto evaluate = [&] {
        const auto context = LivingCore::request("Brain.Evaluate");
        return core.judging.evaluate(context, admitted(context), asked);
    };
    EXPECT_EQ(evaluate().utility().probability(), 1);
    for (std::uint64_t i = 0; i < domain::kEnoughVerdicts; ++i) {
        teach(i % 3 == 0 ? 0 : 0.5);
    }
    const auto kept = test::count_rows(core.world.cluster.superuser(), "evaluations", tenant.id);
    test::expect_error(ErrorKind::permission_denied, "", evaluate);
    EXPECT_EQ(test::count_rows(core.world.cluster.superuser(), "evaluations", tenant.id), kept);
    asked.set_confidence(1);
    EXPECT_EQ(evaluate().utility().probability_source(), "caller") << "and so it can be taught";
    RollBackWeightsRequest all;
    all.set_to_version(0);
    back(all);
    asked.clear_confidence();
    EXPECT_EQ(evaluate().utility().probability_source(), "assumed") << "nothing is known any more";
}

TEST_F(LearningTest, NoTenantSeesAnothers) {
    teach(1);
    const auto other = core.own_vectors(2);
    const auto context = LivingCore::request("Brain.GetWeights");
    EXPECT_EQ(
        core.learning.get(context, LivingCore::admitted(other, context), {}).weights().version(),
        0U);
    EXPECT_TRUE(core.learning_weights.history(other.id, 100, 100, LivingCore::soon()).empty());
}

}  // namespace
}  // namespace soma::services
