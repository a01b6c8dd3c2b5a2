#include "services/link/link.h"

#include "support/living_core.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::LivingCore;

constexpr char kAbsent[] = "0198c0de-0000-7000-8000-000000000001";

class LinkTest : public ::testing::Test {
  protected:
    std::string memory(const backends::TenantRow& owner, int ttl_seconds = 0) {
        RememberRequest item;
        item.set_text("a memory");
        item.add_embedding(1);
        if (ttl_seconds > 0) {
            item.set_ttl_seconds(ttl_seconds);
        }
        return core.remember(owner, item).id();
    }
    LinkResponse put(const std::string& from, const std::string& to,
                     const std::string& type = "related", std::optional<double> weight = {},
                     const std::string& idempotency_key = {}, Time now = wall_clock_now()) {
        LinkRequest asked;
        asked.set_from(from);
        asked.set_to(to);
        asked.set_type(type);
        if (weight) {
            asked.set_weight(*weight);
        }
        auto context = LivingCore::request("Memory.Link", now);
        context.idempotency_key = idempotency_key;
        return core.linking.put(context, LivingCore::admitted(tenant, context), asked);
    }
    GetLinksResponse list(const std::string& id, int limit = 0, Time now = wall_clock_now()) {
        GetLinksRequest asked;
        asked.set_id(id);
        if (limit > 0) {
            asked.set_limit(limit);
        }
        const auto context = LivingCore::request("Memory.GetLinks", now);
        return core.linking.list(context, LivingCore::admitted(tenant, context), asked);
    }
    std::int64_t rows() {
        return test::count_rows(core.world.cluster.superuser(), "links", tenant.id);
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(1);
    const std::string a = memory(tenant);
    const std::string b = memory(tenant);
};

TEST_F(LinkTest, IsReadFromBothEndsAndHasItsEvent) {
    const auto made = put(a, b, "causes", 0.25);
    EXPECT_EQ(made.weight(), 0.25);
    EXPECT_EQ(made.sequence(), 3U);
    EXPECT_EQ(domain::StateToken::parse(made.state_token()), (domain::StateToken{tenant.epoch, 3}));
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("stream"), "state");
    EXPECT_EQ(event.at("action"), "memory.link");
    EXPECT_EQ(event.at("targets").at(0), a.c_str());
    EXPECT_EQ(event.at("targets").at(1), b.c_str());
    EXPECT_EQ(event.at("details").at("type"), "causes");
    for (const auto& end : {a, b}) {
        const auto links = list(end);
        ASSERT_EQ(links.links_size(), 1);
        EXPECT_EQ(links.links(0).from(), a);
        EXPECT_EQ(links.links(0).to(), b);
        EXPECT_EQ(links.links(0).type(), "causes");
        EXPECT_NEAR(links.links(0).weight(), 0.25, 1e-6);
        EXPECT_EQ(links.links(0).sequence(), 3U);
        EXPECT_EQ(links.capped_size(), 0);
    }
    EXPECT_EQ(core.events(tenant.id).back().at("action"), "memory.links");
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
    RecallRequest asked;
    asked.add_embedding(1);
    asked.set_at_least(made.state_token());
    EXPECT_EQ(core.recall(tenant, asked).results_size(), 2) << "the index follows past it";
}

TEST_F(LinkTest, SaidAgainItGrowsAndInBetweenItFades) {
    const Time now = wall_clock_now();
    EXPECT_EQ(put(a, b, "related", {}, "", now).weight(), 0.5);
    EXPECT_DOUBLE_EQ(put(a, b, "related", {}, "", now).weight(), 0.75);
    EXPECT_EQ(put(b, a, "related", {}, "", now).weight(), 0.5) << "the other direction is another";
    EXPECT_EQ(put(a, b, "next", {}, "", now).weight(), 0.5) << "and so is another type";
    EXPECT_EQ(rows(), 3);
    const Time later = now + std::chrono::days(10);
    const auto links = list(a, 0, later);
    ASSERT_EQ(links.links_size(), 3);
    EXPECT_EQ(links.links(0).type(), "next") << "the last said comes first";
    EXPECT_NEAR(links.links(2).weight(), 0.75 * std::pow(0.99, 10), 1e-9);
    EXPECT_EQ(links.links(2).created_at(), format_rfc3339(now));
    const double faded = 0.75 * std::pow(0.99, 10);
    EXPECT_NEAR(put(a, b, "related", 0.1, "", later).weight(), faded + 0.1 * (1 - faded), 1e-9);
}

TEST_F(LinkTest, AReplayReinforcesNothing) {
    const auto first = put(a, b, "related", 0.3, "once");
    EXPECT_EQ(put(a, b, "related", 0.3, "once").SerializeAsString(), first.SerializeAsString());
    test::expect_error(ErrorKind::idempotency_reused, "Idempotency-Key",
                       [&] { put(a, b, "related", 0.4, "once"); });
    EXPECT_NEAR(list(a).links(0).weight(), 0.3, 1e-6);
}

TEST_F(LinkTest, EndsMustBeThereAndDifferent) {
    const auto other = core.own_vectors(1);
    const auto foreign = memory(other);
    const auto brief = memory(tenant, 60);
    const Time later = wall_clock_now() + std::chrono::seconds(61);
    test::expect_error(ErrorKind::invalid_argument, "/to", [&] { put(a, a); });
    test::expect_error(ErrorKind::not_found, "/to", [&] { put(a, kAbsent); });
    test::expect_error(ErrorKind::not_found, "/from", [&] { put(kAbsent, a); });
    test::expect_error(ErrorKind::not_found, "/to", [&] { put(a, foreign); });
    test::expect_error(ErrorKind::not_found, "/from", [&] { put(foreign, a); });
    test::expect_error(ErrorKind::not_found, "/to",
                       [&] { put(a, brief, "related", {}, "", later); });
    EXPECT_EQ(rows(), 0);
    EXPECT_EQ(put(a, brief).weight(), 0.5);
    test::expect_error(ErrorKind::not_found, "/id", [&] { list(kAbsent); });
    test::expect_error(ErrorKind::not_found, "/id", [&] { list(foreign); });
    test::expect_error(ErrorKind::not_found, "/id", [&] { list(brief, 0, later); });
    EXPECT_EQ(list(a, 0, later).links_size(), 0) << "the other end has expired";
}

TEST_F(LinkTest, CyclesAreStored) {
    put(a, b, "depends_on");
    put(b, a, "depends_on");
    EXPECT_EQ(list(a).links_size(), 2);
}

TEST_F(LinkTest, ADeletedMemoryTakesItsLinksWithIt) {
    const auto c = memory(tenant);
    put(a, b);
    put(c, a);
    put(b, c);
    core.forget(tenant, a);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(list(b).links_size(), 1);
    EXPECT_EQ(list(c).links(0).from(), b);
    test::expect_error(ErrorKind::not_found, "/from", [&] { put(a, b); });
}

TEST_F(LinkTest, AMemoryHasRoomForAThousand) {
    test::IntentBuilder builder(tenant.streams());
    const Uuid hub = Uuid::parse(a).value();
    for (std::size_t i = 0; i < domain::kMaxLinksPerMemory; ++i) {
        const Uuid leaf = test::IntentBuilder::new_id();
        builder.insert(leaf);
        i % 2 == 0 ? builder.link({hub, leaf, "related"}) : builder.link({leaf, hub, "related"});
    }
    const auto outcome = core.committer.submit(builder.build()).get();
    ASSERT_TRUE(std::holds_alternative<domain::Committed>(outcome));
    test::expect_error(ErrorKind::invalid_argument, "/from", [&] { put(a, b); });
    test::expect_error(ErrorKind::invalid_argument, "/to", [&] { put(b, a); });
    EXPECT_EQ(rows(), 1000);
    const auto all = list(a, 1000);
    EXPECT_EQ(all.links_size(), 1000);
    EXPECT_EQ(all.capped_size(), 0);
    EXPECT_EQ(list(a).links_size(), 100);
    EXPECT_EQ(list(a).capped(0), "links");
    const auto again = all.links(999);
    EXPECT_GT(put(again.from(), again.to()).weight(), again.weight()) << "no new one is needed";
}

TEST_F(LinkTest, TheGraphViewFollowsAndIsLoadedAlike) {
    const auto linked_tenant = core.own_vectors(2);
    const auto remember = [&](const std::string& text, float x, float y) {
        RememberRequest item;
        item.set_text(text);
        item.add_embedding(x);
        item.add_embedding(y);
        return core.remember(linked_tenant, item).id();
    };
    const auto found = remember("the lake at dawn", 1, 0);
    const auto near = remember("a red canoe", 0, 1);
    remember("a red tent", 0, 1);
    RecallRequest asked;
    asked.add_embedding(1);
    asked.add_embedding(0);
    asked.set_explain(true);
    core.recall(linked_tenant, asked);  // loaded before there is a link: this one follows
    LinkRequest link;
    link.set_from(near);
    link.set_to(found);
    link.set_type("part_of");
    const auto context = LivingCore::request("Memory.Link");
    core.linking.put(context, LivingCore::admitted(linked_tenant, context), link);
    const auto graph_values = [&](RecallResponse answer) {
        std::map<std::string, double> values;
        for (const auto& result : answer.results()) {
            values[result.id()] = result.view_values().at("graph");
        }
        return values;
    };
    const auto followed = graph_values(core.recall(linked_tenant, asked));
    ASSERT_EQ(followed.size(), 3U);
    EXPECT_EQ(followed.at(found), 1);
    EXPECT_GT(followed.at(near), 0);
    EXPECT_LT(followed.at(near), 1);
    LivingCore fresh;
    EXPECT_EQ(graph_values(fresh.recall(linked_tenant, asked)), followed);
    core.forget(linked_tenant, found);
    EXPECT_EQ(graph_values(core.recall(linked_tenant, asked)).at(near), 0);
}

TEST_F(LinkTest, NothingIsStoredWhenTheCommitterIsGone) {
    core.committer.stop();
    test::expect_error(ErrorKind::unavailable, "", [&] { put(a, b); });
    EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace soma::services
