#include "services/commit/record_answer.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <optional>

#include "base/error.h"
#include "domain/ledger/buffered_event.h"
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

class RecordAnswerTest : public ::testing::Test {
  protected:
    RecordAnswerTest() {
        CommitterOptions options;
        options.buffer = &buffer;
        committer.emplace(world.cluster.app(), options);
        committer->start();
    }
    static domain::EventDraft event() {
        domain::EventDraft draft;
        draft.id = IntentBuilder::new_id();
        draft.actor = "tester";
        draft.action = "recall";
        draft.status = 200;
        return draft;
    }
    void record(const domain::EventDraft& draft) {
        record_answer(*committer, tenant.streams(), wall_clock_now(), draft, soon());
    }
    std::int64_t in_ledger() {
        return test::count_rows(world.cluster.superuser(), "events", tenant.id);
    }
    /// Until all that had been submitted is decided.
    void settle() { committer->submit(IntentBuilder(other.streams()).access().build()).get(); }
    std::vector<Uuid> buffered() {
        std::vector<Uuid> ids;
        for (const auto& entry : buffer.read_after("")) {
            const auto parsed = domain::parse_buffered(*backends::AuditStream::event_of(entry));
            const auto& read = std::get<domain::BufferedEvent>(parsed);
            EXPECT_EQ(read.event.tenant, tenant.id);
            ids.push_back(read.event.id);
        }
        return ids;
    }
    static void expect_unavailable(const std::function<void()>& act) {
        try {
            act();
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::unavailable);
            EXPECT_GE(error.retry_after_seconds(), 1);
            EXPECT_EQ(error.public_message(), "the record of this request could not be written");
            EXPECT_FALSE(error.detail().empty());
        }
    }

    test::PostgresWorld& world = test::PostgresWorld::shared();
    const backends::TenantRow tenant = world.tenant();
    const backends::TenantRow other = world.tenant();
    test::BufferServer server;
    backends::AuditStream buffer{server.config()};
    std::optional<Committer> committer;
};

class FullBufferTest : public RecordAnswerTest {
  protected:
    FullBufferTest() { server.say({"CONFIG", "SET", "maxmemory", "1"}); }
};

TEST_F(RecordAnswerTest, WhilePostgresAnswersTheLedgerHasItAndTheBufferNothing) {
    for (int i = 0; i < 20; ++i) {
        record(event());
    }
    EXPECT_EQ(in_ledger(), 20);
    EXPECT_EQ(buffer.length(), 0U);
    EXPECT_FALSE(committer->outage().goes_on());
    EXPECT_EQ(committer->counters().events, 20U);
}

TEST_F(RecordAnswerTest, ASilentPostgresIsWaitedForOnceAndTheBufferHasTheEvent) {
    record(event());
    const auto first = event();
    const auto second = event();
    test::LogHolder holder(world.cluster.superuser());
    record(first);
    EXPECT_TRUE(committer->outage().goes_on());
    record(second);
    EXPECT_EQ(committer->counters().queued, 0U) << "the second has not gone to PostgreSQL at all";
    EXPECT_EQ(buffered(), (std::vector{first.id, second.id}));
    holder.release();
    settle();
    EXPECT_FALSE(committer->outage().goes_on()) << "PostgreSQL has answered";
    const auto third = event();
    record(third);
    EXPECT_EQ(buffer.length(), 2U) << "back to the ledger";
}

TEST_F(RecordAnswerTest, WhatWaitsBehindASilentTransactionIsNotPlannedAfterwards) {
    CommitterOptions narrow;
    narrow.buffer = &buffer;
    narrow.group_intents = 1;
    Committer one_by_one(world.cluster.app(), narrow);
    one_by_one.start();
    one_by_one.submit(IntentBuilder(other.streams()).access().build()).get();
    one_by_one.submit(IntentBuilder(tenant.streams()).access().build()).get();  // now it presumes
    test::LogHolder holder(world.cluster.superuser());
    std::vector<std::future<domain::Outcome>> before;
    for (int i = 0; i < 3; ++i) {  // two are sent
        before.push_back(one_by_one.submit(IntentBuilder(other.streams()).access().build()));
    }
    record_answer(one_by_one, tenant.streams(), wall_clock_now(), event(), soon());
    ASSERT_EQ(buffer.length(), 1U);
    holder.release();
    for (auto& outcome : before) {
        EXPECT_TRUE(std::holds_alternative<domain::Committed>(outcome.get()));
    }
    one_by_one.submit(IntentBuilder(other.streams()).access().build()).get();
    EXPECT_EQ(in_ledger(), 1) << "what the buffer has is not written by the committer too";
    EXPECT_EQ(one_by_one.counters().retries, 0U);
}

TEST_F(RecordAnswerTest, APostgresThatIsGoneIsNotWaitedFor) {
    backends::ConnectionSettings nowhere;
    nowhere.port = 1;  // reserved, and nothing listens there
    CommitterOptions options;
    options.buffer = &buffer;
    Committer lost(nowhere, options);
    lost.start();
    const auto draft = event();
    record_answer(lost, tenant.streams(), wall_clock_now(), draft, soon());
    EXPECT_EQ(buffered(), std::vector{draft.id});
    EXPECT_EQ(lost.counters().failed, 1U);
}

TEST_F(RecordAnswerTest, WithBothDownTheAnswerMayNotBeGiven) {
    test::LogHolder holder(world.cluster.superuser());
    server.kill_now();
    expect_unavailable([&] { record(event()); });
    EXPECT_FALSE(buffer.usable());
    expect_unavailable([&] { record(event()); });
    holder.release();
}

TEST_F(RecordAnswerTest, WithoutABufferASlowPostgresIsWaitedFor) {
    server.kill_now();
    EXPECT_THROW(buffer.length(), Error);
    test::LogHolder holder(world.cluster.superuser());
    auto recorded = std::async(std::launch::async, [&] { record(event()); });
    EXPECT_EQ(recorded.wait_for(2 * kLedgerPatience), std::future_status::timeout);
    holder.release();
    recorded.get();
    EXPECT_EQ(in_ledger(), 1);
}

TEST_F(RecordAnswerTest, AFullQueueIsNoOutage) {
    CommitterOptions options;
    options.buffer = &buffer;
    options.queue_limit = 0;
    Committer full(world.cluster.app(), options);
    full.start();
    expect_unavailable(
        [&] { record_answer(full, tenant.streams(), wall_clock_now(), event(), soon()); });
    EXPECT_FALSE(full.outage().goes_on());
    EXPECT_EQ(buffer.length(), 0U);
}

TEST_F(RecordAnswerTest, AnEventTooLargeForTheBufferIsOurMistake) {
    test::LogHolder holder(world.cluster.superuser());
    auto large = event();
    large.actor.assign(domain::kMaxEventBytes, 'x');
    try {
        record(large);
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::internal);
    }
    EXPECT_EQ(buffer.length(), 0U);
    holder.release();
}

TEST_F(FullBufferTest, WhatTheBufferRefusedIsNotWrittenLaterEither) {
    test::LogHolder holder(world.cluster.superuser());
    // The first is sent, the second is behind it in the queue.
    auto before = committer->submit(IntentBuilder(other.streams()).access().build());
    holder.wait_for(1);
    expect_unavailable([&] { record(event()); });
    EXPECT_EQ(buffer.length(), 0U);
    holder.release();
    before.get();
    settle();
    EXPECT_EQ(in_ledger(), 0) << "its mark was set before anything left for the buffer";
}

}  // namespace
}  // namespace soma::services
