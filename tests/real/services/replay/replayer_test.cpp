#include "services/replay/replayer.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <thread>

#include "base/error.h"
#include "domain/ledger/buffered_event.h"
#include "services/commit/record_answer.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"
#include "support/postgres/log_holder.h"
#include "support/postgres/postgres_cluster.h"
#include "support/redis/buffer_server.h"

namespace soma::services {
namespace {

using test::IntentBuilder;

Deadline soon() {
    return Deadline(std::chrono::seconds(20));
}

/// A process: its committer and its replayer.
struct Node {
    Node(test::PostgresWorld& world, const backends::RedisConfig& redis)
        : buffer(redis), tenants(world.app), committer(world.cluster.app(), options(buffer)) {
        committer.start();
    }
    static CommitterOptions options(backends::AuditStream& buffer) {
        CommitterOptions options;
        options.buffer = &buffer;
        return options;
    }
    backends::AuditStream buffer;
    backends::Tenants tenants;
    Committer committer;
    Replayer replayer{buffer, tenants, committer};
};

class ReplayerTest : public ::testing::Test {
  protected:
    ~ReplayerTest() override { test::expect_ledger_whole(world.cluster.superuser(), tenant); }
    domain::EventDraft event() const {
        domain::EventDraft draft;
        draft.id = IntentBuilder::new_id();
        draft.tenant = tenant.id;
        draft.actor = "tester";
        draft.action = "recall";
        draft.status = 200;
        return draft;
    }
    void put(const domain::EventDraft& draft, Time time = wall_clock_now()) {
        ASSERT_EQ(a.buffer.append(domain::encode_buffered(draft, time)),
                  backends::Appended::durable);
    }
    void as_superuser(const std::string& script) const {
        backends::Connection::open(world.cluster.superuser(), soon())->run_script(script, soon());
    }
    /// An event of `broken` between two of the tenant's: these are written, that one is set aside.
    void expect_set_aside_alone(const Uuid& broken) {
        put(event());
        auto refused = event();
        refused.tenant = broken;
        put(refused);
        put(event());
        const auto done = drain(a);
        EXPECT_EQ(done.written, 2U);
        EXPECT_EQ(done.aside, 1U);
        EXPECT_EQ(ledger().size(), 2U);
    }
    /// Of the tenant's events, in the order of their sequence.
    std::vector<boost::json::object> ledger() {
        const auto connection = backends::Connection::open(world.cluster.superuser(), soon());
        static constexpr backends::Statement kBodies{
            "bodies", "SELECT body FROM events WHERE tenant = $1::uuid ORDER BY stream_sequence"};
        const auto result = connection->run(kBodies, backends::Params().add(tenant.id), soon());
        std::vector<boost::json::object> out;
        for (int i = 0; i < result.rows(); ++i) {
            out.push_back(boost::json::parse(std::string(result.row(i).bytes(0))).as_object());
        }
        return out;
    }
    static std::string text(const boost::json::object& event, const char* name) {
        return std::string(event.at(name).as_string());
    }
    static Replayed drain(Node& node) { return node.replayer.drain(soon()); }

    test::PostgresWorld& world = test::PostgresWorld::shared();
    const backends::TenantRow tenant = world.tenant();
    test::BufferServer server;
    Node a{world, server.config()};
};

TEST_F(ReplayerTest, EventsComeInTheirOrderWithTheirTimesAndSayThatTheyWaited) {
    a.committer.submit(IntentBuilder(tenant.streams()).access().build()).get();
    const Time begin = *parse_rfc3339("2026-01-02T03:04:05.000001Z");
    std::vector<domain::EventDraft> drafts;
    for (int i = 0; i < 600; ++i) {  // more than two pages
        drafts.push_back(event());
        put(drafts.back(), begin + std::chrono::seconds(i));
    }
    const auto done = drain(a);
    EXPECT_EQ(done.written, 600U);
    EXPECT_EQ(done.known + done.aside + done.left, 0U);
    EXPECT_EQ(a.buffer.length(), 0U);
    const auto events = ledger();
    ASSERT_EQ(events.size(), 601U);
    EXPECT_FALSE(events[0].contains("buffered"));
    for (std::size_t i = 0; i < 600; ++i) {
        EXPECT_EQ(text(events[i + 1], "id"), drafts[i].id.to_string());
        EXPECT_TRUE(events[i + 1].at("buffered").as_bool());
        EXPECT_EQ(text(events[i + 1], "time"), format_rfc3339(begin + std::chrono::seconds(i)));
        EXPECT_EQ(events[i + 1].at("stream_sequence").as_int64(), static_cast<std::int64_t>(i) + 2);
    }
}

TEST_F(ReplayerTest, ADrainedBufferIsASuccessOfNothing) {
    for (int i = 0; i < 2; ++i) {
        const auto done = drain(a);
        EXPECT_EQ(done.written + done.known + done.aside + done.left, 0U);
    }
}

TEST_F(ReplayerTest, WhatTheLedgerHasIsTakenOutOfTheBufferAndNotWrittenAgain) {
    const auto draft = event();
    put(draft);
    put(draft);  // its first attempt was not answered
    put(event());
    // The transaction that wrote the first two was committed, and its process died.
    domain::Intent intent{.tenant = {}, .now = wall_clock_now(), .deadline = soon()};
    auto marked = draft;
    marked.buffered = true;
    intent.replay =
        domain::Replay{{{wall_clock_now(), marked}}, {{tenant.id, tenant.streams().access}}};
    const auto outcome = a.committer.submit(std::move(intent)).get();
    EXPECT_EQ(std::get<domain::EventsReplayed>(outcome).written, 1U);
    const auto done = drain(a);
    EXPECT_EQ(done.written, 1U);
    EXPECT_EQ(done.known, 2U);
    EXPECT_EQ(a.buffer.length(), 0U);
    EXPECT_EQ(ledger().size(), 2U);
}

TEST_F(ReplayerTest, NothingLeavesTheBufferBeforeItIsCommitted) {
    put(event());
    test::LogHolder holder(world.cluster.superuser());
    EXPECT_THROW(a.replayer.drain(Deadline(std::chrono::milliseconds(100))), Error);
    EXPECT_EQ(a.buffer.length(), 1U);
    holder.release();
    const auto done = drain(a);
    EXPECT_EQ(done.written + done.known, 1U);
    EXPECT_EQ(ledger().size(), 1U);
}

TEST_F(ReplayerTest, WhatIsNoEventIsSetAsideAndHoldsUpNothing) {
    put(event());
    a.buffer.append("no event");
    server.say({"XADD", "soma:audit:buffer", "*", "other", "field"});
    auto stranger = event();
    stranger.tenant = IntentBuilder::new_id();
    put(stranger);
    std::string later = domain::encode_buffered(event(), wall_clock_now());
    later.replace(later.rfind("\"v\":1"), 5, "\"v\":2");
    a.buffer.append(later);
    a.buffer.append(std::string(domain::kMaxBufferedBytes + 1, 'x'));
    put(event());
    const auto done = drain(a);
    EXPECT_EQ(done.written, 2U);
    EXPECT_EQ(done.aside, 5U);
    EXPECT_EQ(done.left, 0U);
    EXPECT_EQ(a.buffer.length(), 0U);
    EXPECT_EQ(a.buffer.aside_length(), 5U) << "kept, for somebody to look at";
    EXPECT_EQ(a.replayer.totals().aside, 5U);
    EXPECT_EQ(a.buffer.put_back(), 5U);
    EXPECT_EQ(drain(a).aside, 5U) << "as often as one likes";
}

TEST_F(ReplayerTest, WhatTheLedgerRefusesIsFoundAndSetAsideAlone) {
    const auto broken = world.tenant();
    as_superuser(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'refused'; END$$; "
        "CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.tenant = '" +
        broken.id.to_string() + "') EXECUTE FUNCTION refuse()");
    expect_set_aside_alone(broken.id);
    as_superuser("DROP TRIGGER refuse ON events; DROP FUNCTION refuse");
}

TEST_F(ReplayerTest, AnEventOfATenantWithoutAStreamIsSetAside) {
    const auto broken = world.tenant();
    as_superuser("DELETE FROM streams WHERE id = '" + broken.streams().access.to_string() + "'");
    expect_set_aside_alone(broken.id);
}

TEST_F(ReplayerTest, TwoProcessesReplayAtOnceAndEveryEventComesOnce) {
    Node b(world, server.config());
    std::vector<domain::EventDraft> drafts;
    for (int i = 0; i < 1'000; ++i) {
        drafts.push_back(event());
        put(drafts.back());
        if (i % 7 == 0) {
            put(drafts.back());
        }
    }
    std::vector<std::thread> threads;
    for (Node* node : {&a, &b, &a, &b}) {
        threads.emplace_back([&, node] {
            for (int i = 0; i < 20; ++i) {
                drain(*node);
                record_answer(node->committer, tenant.streams(), wall_clock_now(), event(), soon());
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    drain(b);
    EXPECT_EQ(a.buffer.length(), 0U);
    EXPECT_EQ(ledger().size(), 1'080U);
}

TEST_F(ReplayerTest, ARetriedGroupLeavesOutWhatAnotherProcessHasReplayed) {
    Node b(world, server.config());
    const auto draft = event();
    test::LogHolder holder(world.cluster.superuser());
    // The committer of `a` waits for the log's lock when its caller gives up.
    record_answer(a.committer, tenant.streams(), wall_clock_now(), draft, soon());
    const auto waiting = holder.wait_for(1);
    ASSERT_EQ(a.buffer.length(), 1U);
    std::thread replay([&] { EXPECT_EQ(drain(b).written, 1U); });
    holder.wait_for(2);
    // Its session dies; its second attempt stands behind the replay.
    holder.end_session(waiting.front());
    holder.wait_for(2);
    holder.release();
    replay.join();
    a.committer.submit(IntentBuilder(tenant.streams()).access().build()).get();
    EXPECT_EQ(a.committer.counters().retries, 1U);
    EXPECT_EQ(ledger().size(), 2U);
}

TEST_F(ReplayerTest, AReplayBehindASlowTransactionFindsItsEvent) {
    Node b(world, server.config());
    const auto draft = event();
    test::LogHolder holder(world.cluster.superuser());
    a.committer.submit(IntentBuilder(world.tenant().streams()).access().build());
    record_answer(a.committer, tenant.streams(), wall_clock_now(), draft, soon());
    std::thread replay([&] { drain(b); });
    holder.wait_for(2);
    holder.release();
    replay.join();
    a.committer.submit(IntentBuilder(tenant.streams()).access().build()).get();
    EXPECT_EQ(ledger().size(), 2U);
    EXPECT_EQ(a.buffer.length(), 0U);
}

TEST_F(ReplayerTest, InTheBackgroundAnOutageEndsByItself) {
    a.replayer.start();
    a.committer.outage().begin();
    put(event());
    for (int tries = 0; tries < 2'000 && a.replayer.totals().written == 0; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(a.replayer.totals().written, 1U);
    EXPECT_FALSE(a.committer.outage().goes_on());
    EXPECT_EQ(a.replayer.health().trouble, "");
    a.replayer.stop();
}

TEST_F(ReplayerTest, WithoutItsServerThereIsATroubleAndNoEnd) {
    server.kill_now();
    EXPECT_THROW(drain(a), Error);
    a.replayer.start();
    for (int tries = 0; tries < 2'000 && a.replayer.health().trouble.empty(); ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(a.replayer.health().trouble, "the audit buffer does not answer");
    a.replayer.stop();
    server.start();
}

}  // namespace
}  // namespace soma::services
