#include "domain/memory/page_cursor.h"
#include "support/living_core.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using std::chrono::hours;
using test::LivingCore;

class ListingTest : public ::testing::Test {
  protected:
    RememberResponse remember(const std::string& text, const std::string& key = "",
                              const std::string& valid_from = "") {
        RememberRequest item;
        item.set_text(text);
        item.add_embedding(1);
        item.add_embedding(1);
        item.set_key(key);
        item.set_valid_from(valid_from);
        return core.remember(tenant, item);
    }
    template <class Response>
    static std::vector<std::string> texts(const Response& page) {
        std::vector<std::string> texts;
        for (const auto& memory : page.memories()) {
            texts.push_back(memory.text());
        }
        return texts;
    }
    using Texts = std::vector<std::string>;

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(2);
};

TEST_F(ListingTest, WhatIsListedIsOnRecord) {
    const auto first = remember("one", "k");
    const auto second = remember("two", "k");
    const auto page = core.list(tenant, {});
    EXPECT_EQ(texts(page), Texts{"two"});
    EXPECT_EQ(page.state_token(), second.state_token());
    auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("stream"), "access");
    EXPECT_EQ(event.at("action"), "memory.list");
    EXPECT_EQ(event.at("targets"), (boost::json::array{second.id()}));
    MemoryHistoryRequest asked;
    asked.set_id(second.id());
    EXPECT_EQ(texts(core.history(tenant, asked)), (Texts{"one", "two"}));
    event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("action"), "memory.history");
    EXPECT_EQ(event.at("targets"), (boost::json::array{first.id(), second.id()}));
    core.committer.stop();
    test::expect_error(ErrorKind::unavailable, "", [&] { core.list(tenant, {}); });
    test::expect_error(ErrorKind::unavailable, "", [&] { core.history(tenant, asked); });
}

TEST_F(ListingTest, PagesShowTheFirstOnesStateAfterALoadToo) {
    for (int i = 0; i < 4; ++i) {
        remember("old " + std::to_string(i), "k" + std::to_string(i));
    }
    ListMemoriesRequest asked;
    asked.set_limit(2);
    const auto first = core.list(tenant, asked);
    remember("new", "k2");
    asked.set_cursor(first.next_cursor());
    const auto second = core.list(tenant, asked);
    EXPECT_EQ(texts(second), (Texts{"old 2", "old 3"}));
    EXPECT_FALSE(second.memories(0).has_turn());
    EXPECT_EQ(second.memories(0).superseded_by(), "") << "that was not yet recorded";
    EXPECT_EQ(second.memories(0).valid_to(), "");
    EXPECT_FALSE(second.has_next_cursor());
    EXPECT_EQ(second.state_token(), first.state_token());
    // The same from what PostgreSQL keeps, in an index that never saw the changes.
    LivingCore other;
    EXPECT_EQ(texts(other.list(tenant, asked)), (Texts{"old 2", "old 3"}));
}

TEST_F(ListingTest, AClockSetBackShowsNothingThatWasReplaced) {
    remember("old", "k");
    remember("new", "k");
    const Time earlier = wall_clock_now() - hours(5);
    EXPECT_EQ(texts(core.list(tenant, {}, earlier)), Texts{"new"});
    RecallRequest asked;
    asked.set_query("old new");
    const auto found = core.recall(tenant, asked, earlier);
    ASSERT_EQ(found.results_size(), 1);
    EXPECT_EQ(found.results(0).text(), "new");
}

TEST_F(ListingTest, AHolderIsThereUntilItsSuccessorIsValid) {
    remember("now", "k");
    const Time later = wall_clock_now() + hours(1);
    remember("then", "k", format_rfc3339(later));
    EXPECT_EQ(texts(core.list(tenant, {})), Texts{"now"});
    EXPECT_EQ(texts(core.list(tenant, {}, later)), Texts{"then"});
    LivingCore other;
    EXPECT_EQ(texts(other.list(tenant, {})), Texts{"now"});
    EXPECT_EQ(texts(other.list(tenant, {}, later)), Texts{"then"});
}

TEST_F(ListingTest, ExpiredAndErasedAreInNoHistory) {
    RememberRequest item;
    item.set_text("fleeting");
    item.add_embedding(1);
    item.add_embedding(1);
    item.set_key("k");
    item.set_ttl_seconds(60);
    core.remember(tenant, item);
    const auto kept = remember("kept", "k");
    MemoryHistoryRequest asked;
    asked.set_id(kept.id());
    EXPECT_EQ(texts(core.history(tenant, asked)), (Texts{"fleeting", "kept"}));
    const auto context =
        LivingCore::request("Memory.MemoryHistory", wall_clock_now() + std::chrono::seconds(61));
    EXPECT_EQ(texts(core.reading.history(context, LivingCore::admitted(tenant, context), asked)),
              Texts{"kept"});
}

TEST_F(ListingTest, ACursorOfAStateNobodyWroteWaitsForNothing) {
    remember("one");
    remember("two");
    ListMemoriesRequest asked;
    asked.set_limit(1);
    auto cursor = domain::PageCursor::parse(core.list(tenant, asked).next_cursor()).value();
    cursor.state += 1'000'000;
    asked.set_cursor(cursor.to_string());
    test::expect_error(ErrorKind::conflict, "/cursor", [&] { core.list(tenant, asked); });
    cursor.epoch += 1;
    asked.set_cursor(cursor.to_string());
    test::expect_error(ErrorKind::conflict, "/cursor", [&] { core.list(tenant, asked); });
}

}  // namespace
}  // namespace soma::services
