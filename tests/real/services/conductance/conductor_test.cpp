#include "services/conductance/conductor.h"

#include <map>

#include "support/living_core.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::IntentBuilder;
using test::LivingCore;

constexpr domain::Modules kOn{domain::Module::pagerank, domain::Module::conductance};
constexpr domain::Modules kOff{domain::Module::pagerank};

class ConductorTest : public ::testing::Test {
  protected:
    ConductorTest() { tenant.modules = kOn; }

    std::string remember(const std::string& text, float x, float y,
                         const std::string& subject = {}) {
        RememberRequest item;
        item.set_text(text);
        item.set_subject(subject);
        item.add_embedding(x);
        item.add_embedding(y);
        return core.remember(tenant, item).id();
    }
    /// An evaluation that ranks what lies along x first, and what came of it.
    FeedbackRequest verdict(const std::vector<std::string>& used, double reward = 1) {
        EvaluateRequest asked;
        asked.set_query("dawn?");
        asked.add_embedding(1);
        asked.add_embedding(0);
        FeedbackRequest said;
        said.set_evaluation_id(core.evaluate(tenant, asked).evaluation_id());
        said.set_reward(reward);
        for (const auto& id : used) {
            said.add_used_memory_ids(id);
        }
        return said;
    }
    void credit(const std::vector<std::string>& used, double reward = 1) {
        core.add_feedback(tenant, verdict(used, reward));
    }
    std::map<std::string, double> graph(LivingCore& from, const backends::TenantRow& as) {
        RecallRequest asked;
        asked.add_embedding(1);
        asked.add_embedding(0);
        asked.set_explain(true);
        std::map<std::string, double> values;
        const auto answer = from.recall(as, asked);
        for (const auto& result : answer.results()) {
            values[result.id()] = result.view_values().at("graph");
        }
        return values;
    }
    std::map<std::string, double> graph() { return graph(core, tenant); }
    std::int64_t rows(const std::string& table) {
        return test::count_rows(core.world.cluster.superuser(), table, tenant.id);
    }
    std::int64_t joined() { return rows("(SELECT * FROM links WHERE type = 'co_used') l"); }
    std::vector<domain::Link> links_of(const std::string& id) {
        return core.links.around(tenant.id, {Uuid::parse(id).value()}, 100, LivingCore::soon());
    }
    std::size_t events(const std::string& action) {
        std::size_t count = 0;
        for (const auto& event : core.events(tenant.id)) {
            count += event.at("action").as_string() == action ? 1 : 0;
        }
        return count;
    }
    void flow() { core.conductor.flow_owed(wall_clock_now(), LivingCore::soon()); }

    LivingCore core;
    backends::TenantRow tenant = core.own_vectors(2);
    const std::string lake = remember("the lake at dawn", 1, 0);
    const std::string canoe = remember("a red canoe", 0, 1);
    const std::string tent = remember("a red tent", 0, 1);
};

TEST_F(ConductorTest, WhatIsOfUseTogetherIsJoinedAndRisesInTheGraphView) {
    EXPECT_EQ(graph().at(canoe), 0);
    credit({canoe, lake}, 0.5);
    const auto followed = graph();
    EXPECT_EQ(followed.at(lake), 1);
    EXPECT_GT(followed.at(canoe), 0);
    EXPECT_EQ(followed.at(tent), 0);
    const auto links = links_of(canoe);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].key, (domain::LinkKey{Uuid::parse(lake).value(), Uuid::parse(canoe).value(),
                                             std::string(domain::kCoUsed)}));
    EXPECT_NEAR(links[0].weight, 0.05, 1e-9);
    LivingCore fresh;
    EXPECT_EQ(graph(fresh, tenant), followed) << "loaded alike";
    auto unmoved = tenant;
    unmoved.modules = kOff;
    EXPECT_EQ(graph(core, unmoved).at(canoe), 0) << "with the module off nobody walks it";
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
}

TEST_F(ConductorTest, WithTheModuleOffNothingIsWritten) {
    tenant.modules = kOff;
    credit({canoe, lake});
    EXPECT_EQ(rows("links"), 0);
    EXPECT_EQ(rows("flow_verdicts"), 0);
    flow();
    EXPECT_EQ(events("memory.flow"), 0U);
}

TEST_F(ConductorTest, OnlyPraiseJoinsAndARepeatedVerdictJoinsOnce) {
    credit({canoe, lake}, 0);
    credit({canoe, lake}, -1);
    credit({});
    EXPECT_EQ(rows("flow_verdicts"), 0);
    const auto said = verdict({canoe, lake});
    const auto first = core.add_feedback(tenant, said);
    EXPECT_EQ(core.add_feedback(tenant, said).feedback_id(), first.feedback_id());
    EXPECT_EQ(rows("flow_verdicts"), 1);
    EXPECT_NEAR(links_of(lake).at(0).weight, 0.1, 1e-9);
}

TEST_F(ConductorTest, ItIsShownWithLinksAndNotExported) {
    credit({canoe, lake});
    GetLinksRequest asked;
    asked.set_id(canoe);
    const auto context = LivingCore::request("Memory.GetLinks");
    const auto shown = core.linking.list(context, LivingCore::admitted(tenant, context), asked);
    ASSERT_EQ(shown.links_size(), 1);
    EXPECT_EQ(shown.links(0).type(), "co_used");
    ListMemoriesRequest all;
    all.set_include_links(true);
    EXPECT_EQ(core.list(tenant, all).links_size(), 0) << "no caller made it: none may import it";
}

TEST_F(ConductorTest, ABatchLetsCurrentsFlowOnce) {
    credit({canoe, lake});
    credit({tent, lake});
    const auto before = graph();
    EXPECT_EQ(rows("flow_verdicts"), 2);
    flow();
    EXPECT_EQ(rows("flow_verdicts"), 0);
    for (const auto& link : links_of(lake)) {
        EXPECT_GT(link.gain, 1);
    }
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("action"), "memory.flow");
    EXPECT_EQ(event.at("stream"), "state");
    EXPECT_EQ(event.at("actor"), "somabrain");
    EXPECT_EQ(event.at("details").at("verdicts"), 2);
    EXPECT_EQ(event.at("details").at("flowed"), 2);
    EXPECT_EQ(event.at("details").at("links"), 2);
    const auto gains = links_of(lake);
    flow();
    EXPECT_EQ(links_of(lake), gains) << "nothing is owed";
    EXPECT_EQ(events("memory.flow"), 1U);
    LivingCore fresh;
    EXPECT_EQ(graph(fresh, tenant), graph()) << "loaded as it was followed";
    EXPECT_EQ(core.index.figures().gaps, 0U);
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
}

TEST_F(ConductorTest, TheWayThatIsUsedWins) {
    credit({canoe, lake});
    credit({tent, lake});
    flow();
    for (int i = 0; i < 3; ++i) {
        credit({tent});  // from the lake, ranked first, to the tent
        flow();
    }
    const auto values = graph();
    EXPECT_GT(values.at(tent), values.at(canoe)) << "both were joined as often";
    EXPECT_EQ(joined(), 2);
}

TEST_F(ConductorTest, ABatchThatIsRepeatedWritesNothing) {
    credit({canoe, lake});
    const auto owed = core.flow_verdicts.oldest(tenant.id, 10, LivingCore::soon());
    ASSERT_EQ(owed.size(), 1U);
    EXPECT_EQ(owed[0].source, Uuid::parse(lake));
    EXPECT_EQ(owed[0].sinks, (std::vector{Uuid::parse(canoe).value(), Uuid::parse(lake).value()}));
    const auto batch = [&] {
        IntentBuilder builder(tenant.streams());
        builder.flow({owed[0].sequence}, {{links_of(lake).at(0).key, 5}});
        return core.committer.submit(builder.build()).get();
    };
    EXPECT_TRUE(std::holds_alternative<domain::Committed>(batch()));
    EXPECT_EQ(links_of(lake).at(0).gain, 5);
    const auto count = core.events(tenant.id).size();
    EXPECT_TRUE(std::holds_alternative<domain::FlowKnown>(batch()));
    EXPECT_EQ(core.events(tenant.id).size(), count);
    credit({canoe, lake});
    EXPECT_EQ(links_of(lake).at(0).gain, 5) << "a verdict moves the weight, not the gain";
    EXPECT_GT(links_of(lake).at(0).weight, 0.19);
}

TEST_F(ConductorTest, ADeletedMemoryTakesItsEdgesAndVerdictsWithIt) {
    credit({canoe, lake});
    credit({tent, lake});
    core.forget(tenant, canoe);
    EXPECT_EQ(joined(), 1);
    EXPECT_EQ(rows("flow_verdicts"), 1) << "those that name it cannot flow";
    flow();
    EXPECT_EQ(rows("flow_verdicts"), 0);
    EXPECT_EQ(graph().count(canoe), 0U);
}

TEST_F(ConductorTest, ErasureLeavesNoEdgeAndNoVerdict) {
    const auto hers = remember("ada rows", 0, 1, "ada");
    credit({hers, lake});
    credit({canoe, lake});
    EXPECT_EQ(joined(), 2);
    core.erase(tenant, "ada");
    EXPECT_EQ(joined(), 1);
    EXPECT_EQ(rows("flow_verdicts"), 1);
    EXPECT_TRUE(links_of(hers).empty());
}

TEST_F(ConductorTest, OfTooManyLinksNothingFlowsAndNothingIsHeldUp) {
    credit({canoe, lake});  // first: what the builder seals nobody can open and evaluate
    std::vector<Uuid> hubs;
    for (int hub = 0; hub < 3; ++hub) {
        IntentBuilder builder(tenant.streams());
        hubs.push_back(IntentBuilder::new_id());
        builder.insert(hubs.back());
        for (std::size_t i = 0; i <= domain::kMaxFlowLinks / 3; ++i) {
            const Uuid leaf = IntentBuilder::new_id();
            builder.insert(leaf).link({hubs.back(), leaf, "related"});
        }
        ASSERT_TRUE(std::holds_alternative<domain::Committed>(
            core.committer.submit(builder.build()).get()));
    }
    IntentBuilder crowd(tenant.streams());
    crowd.feedback(IntentBuilder::new_id()).co_use({1, hubs[0], {hubs[1], hubs[2]}});
    core.committer.submit(crowd.build()).get();
    EXPECT_EQ(rows("flow_verdicts"), 2);
    flow();
    EXPECT_EQ(rows("flow_verdicts"), 0);
    EXPECT_GT(links_of(lake).at(0).gain, 1) << "the batch was halved";
    EXPECT_EQ(events("memory.flow"), 2U);
    EXPECT_EQ(rows("(SELECT * FROM links WHERE gain <> 1) l"), 1);
}

}  // namespace
}  // namespace soma::services
