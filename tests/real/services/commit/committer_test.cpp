#include "services/commit/committer.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "backends/postgres/memory/evaluations.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/memory/sessions.h"
#include "base/error.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"
#include "support/postgres/postgres_cluster.h"

namespace soma::services {
namespace {

using backends::Memories;
using domain::Committed;
using domain::Outcome;
using domain::Replayed;
using test::IntentBuilder;
using test::PostgresWorld;

Deadline soon() {
    return Deadline(std::chrono::seconds(20));
}

class CommitterTest : public ::testing::Test {
  protected:
    CommitterTest() {
        committer.on_committed(
            [this](const domain::AppliedChange& change) { applied.push_back(change); });
        committer.start();
    }
    IntentBuilder intent() { return IntentBuilder(tenant.streams()); }
    Outcome commit(IntentBuilder& builder) { return committer.submit(builder.build()).get(); }
    std::optional<domain::StoredMemory> stored(const Uuid& id) {
        return memories.get(tenant.id, id, soon());
    }
    /// Everything the ledger promises, over all that this tenant has written.
    void expect_ledger_whole() { test::expect_ledger_whole(world.cluster.superuser(), tenant); }

    PostgresWorld& world = PostgresWorld::shared();
    const backends::TenantRow tenant = world.tenant();
    Memories memories{world.app};
    std::vector<domain::AppliedChange> applied;  ///< written before the futures are fulfilled
    Committer committer{world.cluster.app()};
    const Uuid a = IntentBuilder::new_id();
    const Uuid b = IntentBuilder::new_id();
    const Uuid c = IntentBuilder::new_id();
};

TEST_F(CommitterTest, StoresEveryFieldAndTellsTheProjections) {
    IntentBuilder builder = intent();
    builder.insert(a, "key", "session");
    domain::StoredMemory& row = builder.last_insert().row;
    row.facts.occurred_at = *parse_rfc3339("1999-12-31T23:59:59.999999Z");
    row.facts.valid_from = *parse_rfc3339("2020-01-01T00:00:00Z");
    row.facts.valid_to = *parse_rfc3339("2040-01-01T00:00:00Z");
    row.facts.expires_at = *parse_rfc3339("2041-01-01T00:00:00Z");
    row.facts.importance = 0.1;
    row.sealed = std::string("\0\xff\x80", 3);
    row.passages.push_back({1, 1, "second"});
    const domain::StoredMemory given = row;
    const Outcome outcome = commit(builder);
    const auto& committed = std::get<Committed>(outcome);
    EXPECT_EQ(committed.changes[0].sequence, 1U);
    EXPECT_EQ(committed.changes[0].turn, 0);

    domain::MemoryFacts expected = given.facts;
    expected.sequence = 1;
    expected.log_index = committed.changes[0].log_index;
    expected.turn = 0;
    const auto read = stored(a);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->facts, expected);
    EXPECT_EQ(read->sealed, given.sealed);
    EXPECT_EQ(read->subject_hmac, given.subject_hmac);
    EXPECT_EQ(read->key_hmac, given.key_hmac);
    EXPECT_EQ(read->session_hmac, given.session_hmac);
    ASSERT_EQ(applied.size(), 1U);
    EXPECT_EQ(std::get<domain::Inserted>(applied[0].change).memory->facts, expected);

    std::vector<domain::StoredMemory> all;
    const auto sequence = memories.scan(
        tenant.streams(), 1, 100, [&] { all.clear(); },
        [&](auto page) { all.insert(all.end(), page.begin(), page.end()); }, soon());
    EXPECT_EQ(sequence, 1U);
    ASSERT_EQ(all.size(), 1U);
    ASSERT_EQ(all[0].passages.size(), 2U);
    EXPECT_EQ(all[0].passages[1].sealed, "second");
    expect_ledger_whole();
}

TEST_F(CommitterTest, AnotherTenantSeesNothing) {
    commit(intent().insert(a, "", "s"));
    const backends::TenantRow other = world.tenant();
    EXPECT_FALSE(memories.get(other.id, a, soon()));
    EXPECT_TRUE(backends::Sessions(world.app)
                    .tail(other.id, IntentBuilder::hmac("s"), 10, wall_clock_now(), soon())
                    .rows.empty());
    IntentBuilder remove(other.streams());
    EXPECT_TRUE(std::holds_alternative<domain::TargetMissing>(commit(remove.remove(a))));
    EXPECT_TRUE(stored(a));
}

TEST_F(CommitterTest, SequencesAreDenseUnder32Threads) {
    constexpr int kThreads = 32;
    constexpr int kEach = 20;
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::set<std::uint64_t> sequences;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kEach; ++i) {
                IntentBuilder builder = intent();
                const Outcome outcome = commit(builder.insert(IntentBuilder::new_id()).access());
                const std::lock_guard lock(mutex);
                sequences.insert(std::get<Committed>(outcome).changes[0].sequence);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(sequences.size(), std::size_t{kThreads * kEach});
    EXPECT_EQ(*sequences.rbegin(), std::uint64_t{kThreads * kEach});
    EXPECT_LT(committer.counters().groups, std::uint64_t{kThreads * kEach}) << "no company at all";
    ASSERT_EQ(applied.size(), std::size_t{kThreads * kEach});
    for (std::size_t i = 0; i < applied.size(); ++i) {
        EXPECT_EQ(applied[i].sequence, i + 1) << "projections hear of changes in order";
    }
    expect_ledger_whole();
}

TEST_F(CommitterTest, TwoCommittersShareATenant) {
    Committer other(world.cluster.app());
    other.start();
    std::vector<std::future<Outcome>> outcomes;
    for (int i = 0; i < 200; ++i) {
        IntentBuilder builder = intent();
        builder.insert(IntentBuilder::new_id(), "key" + std::to_string(i % 3), "s");
        outcomes.push_back((i % 2 == 0 ? committer : other).submit(builder.build()));
    }
    for (auto& outcome : outcomes) {
        EXPECT_TRUE(std::holds_alternative<Committed>(outcome.get()));
    }
    expect_ledger_whole();
}

TEST_F(CommitterTest, SixtyFourWritersOfOneIdempotencyKeyMakeOneRecord) {
    Committer other(world.cluster.app());  // as two processes would
    other.start();
    std::vector<std::future<Outcome>> outcomes;
    for (int i = 0; i < 64; ++i) {
        IntentBuilder builder = intent();
        builder.insert(IntentBuilder::new_id()).claim("key", "body");
        outcomes.push_back((i % 2 == 0 ? committer : other).submit(builder.build()));
    }
    int committed = 0;
    std::set<std::string> replays;
    for (auto& future : outcomes) {
        const Outcome outcome = future.get();
        committed += std::holds_alternative<Committed>(outcome) ? 1 : 0;
        if (const auto* replayed = std::get_if<domain::Replayed>(&outcome)) {
            replays.insert(replayed->answer);
        }
    }
    EXPECT_EQ(committed, 1);
    EXPECT_EQ(replays, std::set<std::string>{"sequence 1"});
    EXPECT_TRUE(std::holds_alternative<domain::IdempotencyReused>(
        commit(intent().insert(a).claim("key", "another body"))));
    expect_ledger_whole();
}

TEST_F(CommitterTest, AnIdempotencyKeyIsForgottenAfterItsLifetime) {
    const Time now = wall_clock_now();
    const auto at = [&](Time time, const Uuid& id) {
        IntentBuilder builder(tenant.streams(), time);
        return commit(builder.insert(id).claim("key", "body"));
    };
    EXPECT_TRUE(std::holds_alternative<Committed>(at(now, a)));
    EXPECT_TRUE(std::holds_alternative<domain::Replayed>(at(now + std::chrono::hours(23), b)));
    EXPECT_TRUE(std::holds_alternative<Committed>(at(now + std::chrono::hours(25), c)));
}

TEST_F(CommitterTest, AKeyHasAChainOfHoldersAndOneCurrent) {
    std::vector<Uuid> ids;
    for (int i = 0; i < 6; ++i) {
        ids.push_back(IntentBuilder::new_id());
        const Outcome outcome = commit(intent().insert(ids.back(), "city"));
        const auto& superseded = std::get<Committed>(outcome).superseded[0];
        EXPECT_EQ(superseded, i == 0 ? std::nullopt : std::optional(ids[ids.size() - 2]));
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto row = stored(ids[i]);
        const bool last = i + 1 == ids.size();
        EXPECT_EQ(row->facts.superseded_by, last ? std::nullopt : std::optional(ids[i + 1]));
        EXPECT_EQ(row->facts.superseded_sequence,
                  last ? std::nullopt : std::optional(row->facts.sequence + 1));
        EXPECT_EQ(row->facts.valid_to.has_value(), !last);
        EXPECT_EQ(row->facts.superseded_at.has_value(), !last);
        EXPECT_FALSE(row->facts.given_valid_to) << "none had been given";
    }
    // Removing the holder frees the key; its predecessor stays superseded.
    commit(intent().remove(ids.back()));
    EXPECT_TRUE(stored(ids[4])->facts.superseded_by);
    const Outcome outcome = commit(intent().insert(a, "city"));
    EXPECT_FALSE(std::get<Committed>(outcome).superseded[0]);
    expect_ledger_whole();
}

TEST_F(CommitterTest, ABatchIsAllOrNothing) {
    IntentBuilder whole = intent();
    for (int i = 0; i < 1'000; ++i) {
        whole.insert(IntentBuilder::new_id(), "key" + std::to_string(i % 7), "s");
    }
    const Outcome outcome = commit(whole);
    EXPECT_EQ(std::get<Committed>(outcome).changes.back().sequence, 1'000U);
    EXPECT_EQ(std::get<Committed>(outcome).changes.back().turn, 999);
    EXPECT_TRUE(std::holds_alternative<domain::TargetMissing>(
        commit(intent().insert(a).insert(b).remove(c))));
    EXPECT_FALSE(stored(a));
    expect_ledger_whole();
}

TEST_F(CommitterTest, RemoveTakesTheMemoryAndItsVectors) {
    commit(intent().insert(a).insert(b));
    EXPECT_TRUE(std::holds_alternative<Committed>(commit(intent().remove(a))));
    EXPECT_TRUE(std::holds_alternative<domain::TargetMissing>(commit(intent().remove(a))));
    EXPECT_FALSE(stored(a));
    EXPECT_EQ(test::count_rows(world.cluster.superuser(), "embeddings", tenant.id), 1);
    EXPECT_EQ(std::get<domain::Removed>(applied.back().change).id, a);
    expect_ledger_whole();
}

TEST_F(CommitterTest, APoisonedRowFailsAloneAndItsCompanyIsCommitted) {
    std::map<int, std::future<Outcome>> good;
    std::vector<std::future<Outcome>> bad;
    for (int i = 0; i < 40; ++i) {
        IntentBuilder builder = intent();
        builder.insert(IntentBuilder::new_id());
        if (i % 10 == 5) {
            builder.last_insert().row.facts.kind = std::string("no\0text", 7);
            bad.push_back(committer.submit(builder.build()));
        } else {
            good[i] = committer.submit(builder.build());
        }
    }
    for (auto& [i, future] : good) {
        EXPECT_TRUE(std::holds_alternative<Committed>(future.get())) << i;
    }
    for (auto& future : bad) {
        try {
            future.get();
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::internal);
        }
    }
    EXPECT_EQ(applied.size(), good.size());
    EXPECT_EQ(committer.counters().failed, bad.size());
    expect_ledger_whole();
}

TEST_F(CommitterTest, WhatWasSentBehindAFailureIsDoneOver) {
    CommitterOptions one_by_one;
    one_by_one.group_intents = 1;
    Committer narrow(world.cluster.app(), one_by_one);
    narrow.start();
    IntentBuilder first = intent();
    narrow.submit(first.insert(IntentBuilder::new_id()).build()).get();  // now it presumes
    // Held up at the server, the next is still unanswered when the others are queued.
    const auto holder = backends::Connection::open(world.cluster.superuser(), soon());
    holder->run_script("BEGIN; SELECT 1 FROM log FOR UPDATE", soon());
    const auto submit = [&](const Uuid& id, const std::string& kind) {
        IntentBuilder builder = intent();
        builder.insert(id);
        builder.last_insert().row.facts.kind = kind;
        return narrow.submit(builder.build());
    };
    auto before = submit(a, "fact");
    auto poisoned = submit(b, std::string("no\0text", 7));
    auto behind = submit(c, "fact");
    holder->run_script("COMMIT", soon());
    EXPECT_EQ(std::get<Committed>(before.get()).changes[0].sequence, 2U);
    EXPECT_THROW(poisoned.get(), Error);
    EXPECT_EQ(std::get<Committed>(behind.get()).changes[0].sequence, 3U);
    EXPECT_EQ(narrow.counters().retries, 2U) << "the poisoned one and the one sent behind it";
    EXPECT_FALSE(stored(b));
    expect_ledger_whole();
}

TEST_F(CommitterTest, EvaluationsAreWrittenWithTheirEvent) {
    domain::StoredEvaluation evaluation;
    evaluation.id = a;
    evaluation.session_hmac = IntentBuilder::hmac("s");
    evaluation.subject_hmac = IntentBuilder::hmac("subject");
    evaluation.created_at = wall_clock_now();
    evaluation.expires_at = evaluation.created_at + std::chrono::hours(1);
    evaluation.sealed = "sealed";
    commit(intent().insert(b, "", "s"));
    const Outcome outcome = commit(intent().access(evaluation));
    const auto access = std::get<Committed>(outcome).access;
    backends::Evaluations evaluations(world.app);
    const Time now = evaluation.created_at;
    const auto read = evaluations.get(tenant.id, a, now, soon());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->log_index, access->log_index);
    EXPECT_EQ(read->access_sequence, 1U);
    EXPECT_EQ(read->sealed, "sealed");
    EXPECT_FALSE(evaluations.get(tenant.id, a, now + std::chrono::hours(1), soon()));
    const auto tail =
        backends::Sessions(world.app).tail(tenant.id, IntentBuilder::hmac("s"), 5, now, soon());
    ASSERT_EQ(tail.rows.size(), 2U);
    EXPECT_EQ(tail.rows[0].id, b);
    EXPECT_EQ(tail.rows[1].id, a);
    EXPECT_EQ(tail.rows[1].log_index, access->log_index);
    EXPECT_GT(tail.log_size, access->log_index);
}

TEST_F(CommitterTest, WhatAnotherProcessWroteMeanwhileIsReadBeforeAnythingIsWritten) {
    commit(intent().insert(a).claim("first", "body"));  // from here on it presumes where it stands
    Committer other(world.cluster.app());
    other.start();
    for (int round = 1; round <= 3; ++round) {
        IntentBuilder theirs = intent();
        other.submit(theirs.insert(IntentBuilder::new_id()).build()).get();
        const Outcome outcome = commit(intent().insert(IntentBuilder::new_id()));
        EXPECT_EQ(std::get<Committed>(outcome).changes[0].sequence, 1U + 2U * round);
    }
    EXPECT_EQ(committer.counters().retries, 1U) << "a while without presuming follows";
    EXPECT_EQ(committer.counters().failed, 0U);
    expect_ledger_whole();
}

TEST_F(CommitterTest, ARepeatedIdempotencyKeyIsFoundThoughNoneWasPresumed) {
    const Outcome first = commit(intent().insert(a).claim("k", "body"));
    const Outcome again = commit(intent().insert(b).claim("k", "body"));
    EXPECT_EQ(std::get<Replayed>(again).answer, "sequence 1");
    EXPECT_FALSE(stored(b));
    EXPECT_EQ(committer.counters().retries, 1U);
    EXPECT_EQ(std::get<Committed>(commit(intent().insert(c))).changes[0].sequence, 2U);
    expect_ledger_whole();
}

TEST_F(CommitterTest, WhatWaitedPastItsDeadlineIsNotWritten) {
    Committer late(world.cluster.app());
    IntentBuilder builder = intent();
    auto expired = late.submit(builder.insert(a).deadline(std::chrono::milliseconds(0)).build());
    IntentBuilder other = intent();
    auto in_time = late.submit(other.insert(b).build());
    late.start();
    EXPECT_TRUE(std::holds_alternative<Committed>(in_time.get()));
    try {
        expired.get();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::deadline_exceeded);
    }
    EXPECT_FALSE(stored(a));
    EXPECT_EQ(late.counters().expired, 1U);
}

TEST_F(CommitterTest, AFullQueueRefusesAndStopFailsWhatWaits) {
    CommitterOptions options;
    options.queue_limit = 2;
    Committer idle(world.cluster.app(), options);
    std::vector<std::future<Outcome>> outcomes;
    for (int i = 0; i < 3; ++i) {
        IntentBuilder builder = intent();
        outcomes.push_back(idle.submit(builder.insert(IntentBuilder::new_id()).build()));
    }
    EXPECT_EQ(idle.counters().queued, 2U);
    EXPECT_EQ(idle.counters().refused, 1U);
    idle.stop();
    IntentBuilder after = intent();
    outcomes.push_back(idle.submit(after.insert(a).build()));
    for (auto& outcome : outcomes) {
        try {
            outcome.get();
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        }
    }
}

}  // namespace
}  // namespace soma::services
