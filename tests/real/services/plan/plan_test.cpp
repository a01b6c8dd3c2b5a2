#include "services/plan/plan.h"

#include "domain/planner/utility_refusal.h"
#include "support/law/enforced_law.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;
namespace json = boost::json;

class PlanTest : public ::testing::Test {
  protected:
    std::string remember(const std::string& text, const std::string& tag = {}) {
        RememberRequest item;
        item.set_text(text);
        if (!tag.empty()) {
            item.add_tags(tag);
        }
        return core.remember(tenant, item).id();
    }
    void depend(const std::string& one, const std::string& other,
                const std::string& type = "depends_on") {
        LinkRequest link;
        link.set_from(one);
        link.set_to(other);
        link.set_type(type);
        const auto context = LivingCore::request("Memory.Link");
        core.linking.put(context, LivingCore::admitted(tenant, context), link);
    }
    PlanResponse plan(const std::vector<std::string>& goals,
                      std::shared_ptr<const EnforcedLaw> law = LivingCore::law()) {
        PlanRequest asked;
        for (const auto& goal : goals) {
            asked.add_goals(goal);
        }
        const auto context = LivingCore::request("Brain.Plan");
        auto admission = LivingCore::admitted(tenant, context);
        admission.law = std::move(law);
        return planner.plan(context, admission, asked);
    }
    static std::shared_ptr<const EnforcedLaw> law_about(const std::string& tag,
                                                        json::object effect) {
        return testing::enforced(
            {testing::allow_all_json(), testing::rule_json("tagged", {{"tags", json::array{tag}}},
                                                           std::move(effect), "review")});
    }

    LivingCore core;
    backends::TenantRow tenant = core.tenant();
    Planner planner{core.memories,    core.weights,   core.keyring,
                    test::embedder(), core.committer, core.ids};
};

TEST_F(PlanTest, StepsComeAfterWhatTheyNeed) {
    const auto goal = remember("goal");
    const auto near = remember("near");
    const auto far = remember("far");
    depend(goal, near);
    depend(near, far);
    depend(goal, far);
    depend(far, remember("beside"), "related");
    const auto answer = plan({goal});
    ASSERT_EQ(answer.steps_size(), 3);
    EXPECT_EQ(answer.steps(0).text(), "far");
    EXPECT_EQ(answer.steps(1).text(), "near");
    EXPECT_EQ(answer.steps(2).text(), "goal");
    EXPECT_TRUE(answer.steps(2).is_goal());
    EXPECT_EQ(answer.steps(2).depends_on_size(), 2);
    EXPECT_EQ(answer.steps(2).depth(), 2);
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("action"), "brain.plan");
    EXPECT_EQ(event.at("targets").as_array().size(), 3U);
}

TEST_F(PlanTest, ARingIsAConflictThatNamesIt) {
    const auto one = remember("one");
    const auto two = remember("two");
    depend(one, two);
    depend(two, one);
    const auto error = test::error_of([&] { plan({one}); });
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_EQ(error->field(), "/goals");
    EXPECT_NE(error->public_message().find(one), std::string::npos);
    EXPECT_NE(error->public_message().find(two), std::string::npos);
}

TEST_F(PlanTest, TheLawVetoesAStepByItsTags) {
    const auto goal = remember("goal");
    const auto forbidden = remember("forbidden", "weapon");
    depend(goal, forbidden);
    EXPECT_EQ(plan({goal}).steps_size(), 2);
    const auto error = test::error_of([&] {
        plan({goal}, law_about("weapon", {{"type", "deny"}}));
    });
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::permission_denied);
    EXPECT_EQ(error->article(), "review");
    EXPECT_NE(error->public_message().find(forbidden), std::string::npos);
    EXPECT_EQ(plan({goal}, law_about("tool", {{"type", "deny"}})).steps_size(), 2);
}

TEST_F(PlanTest, PenaltiesOfItsStepsAreTakenOffThePlan) {
    const auto goal = remember("goal", "risky");
    depend(goal, remember("need", "risky"));
    const auto mild = law_about("risky", {{"type", "penalty"}, {"amount", 0.25}});
    EXPECT_EQ(plan({goal}, mild).utility().penalty(), 0.5) << "two steps bear the tag";
    EXPECT_EQ(plan({goal}, mild).utility().utility(), 0.5) << "the law's b is 1";
    const auto harsh = law_about("risky", {{"type", "penalty"}, {"amount", 0.75}});
    try {
        plan({goal}, harsh);
        ADD_FAILURE() << "it passed";
    } catch (const domain::UtilityRefusal& refusal) {
        EXPECT_EQ(refusal.figures().utility, -0.5);
        EXPECT_EQ(refusal.article(), "review");
    }
}

TEST_F(PlanTest, GoalsAreMemoriesOfTheTenantNamedOnce) {
    const auto goal = remember("goal");
    test::expect_error(ErrorKind::invalid_argument, "/goals/1", [&] { plan({goal, goal}); });
    test::expect_error(ErrorKind::not_found, "/goals/1", [&] {
        plan({goal, "0198c0de-0000-7000-8000-000000000001"});
    });
    tenant = core.tenant();
    test::expect_error(ErrorKind::not_found, "/goals/0", [&] { plan({goal}); });
}

}  // namespace
}  // namespace soma::services
