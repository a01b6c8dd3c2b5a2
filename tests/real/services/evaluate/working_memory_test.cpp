#include "services/evaluate/working_memory.h"

#include "support/living_core.h"

namespace soma::services {
namespace {

using domain::WorkingMemory;
using somabrain::v1::RememberRequest;
using test::LivingCore;

constexpr char kSession[] = "trip";

using Shown = std::vector<std::pair<WorkingMemory::Kind, std::string>>;

constexpr auto kTurn = WorkingMemory::Kind::turn;
constexpr auto kQuery = WorkingMemory::Kind::query;
constexpr auto kResponse = WorkingMemory::Kind::response;

class WorkingMemoryTest : public ::testing::Test {
  protected:
    explicit WorkingMemoryTest(const backends::RedisConfig& redis = test::stack_redis())
        : core(redis) {}

    std::string turn(const std::string& text, const std::string& subject = {},
                     int ttl_seconds = 0) {
        RememberRequest item;
        item.set_text(text);
        item.set_session_id(kSession);
        item.set_subject(subject);
        item.add_embedding(1);
        if (ttl_seconds > 0) {
            item.set_ttl_seconds(ttl_seconds);
        }
        return core.remember(tenant, item).id();
    }
    void answered(const std::string& evaluation, const std::string& text) {
        somabrain::v1::FeedbackRequest said;
        said.set_evaluation_id(evaluation);
        said.set_reward(1);
        said.set_response_text(text);
        core.add_feedback(tenant, said);
    }
    std::string session_hmac() {
        return core.keyring.tenant(tenant.id, LivingCore::soon())->session_hmac(kSession);
    }
    static Shown shown(const std::vector<WorkingMemory>& entries) {
        Shown out;
        for (const auto& entry : entries) {
            out.emplace_back(entry.kind, entry.text);
        }
        return out;
    }
    /// As this process sees the session: out of Redis when that holds it.
    Shown seen(Time now = wall_clock_now()) {
        return shown(
            core.working_memory.entries(tenant.id, session_hmac(), now, LivingCore::soon()));
    }
    /// As Postgres tells it to a process that starts now.
    Shown rebuilt(Time now = wall_clock_now()) {
        WorkingMemoryStore fresh(core.cache, core.sessions, core.keyring, std::chrono::seconds(60));
        return shown(fresh.entries(tenant.id, session_hmac(), now, LivingCore::soon()));
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(1);
};

TEST_F(WorkingMemoryTest, TurnsAndQueriesComeInTheOrderTheyWereCommitted) {
    turn("hello");
    core.evaluate(tenant, "who is there?", kSession);
    turn("it is me");
    core.evaluate(tenant, "what now?", kSession);
    const Shown expected{
        {kTurn, "hello"}, {kQuery, "who is there?"}, {kTurn, "it is me"}, {kQuery, "what now?"}};
    EXPECT_EQ(seen(), expected);
    EXPECT_EQ(rebuilt(), expected);
    const auto answer = core.evaluate(tenant, "last", kSession);
    ASSERT_EQ(answer.working_memory_size(), 4) << "the question itself is not part of the past";
    EXPECT_EQ(answer.working_memory(1).kind(), "query");
    EXPECT_EQ(answer.working_memory(3).text(), "what now?");
}

TEST_F(WorkingMemoryTest, TheLastTenAreKept) {
    Shown all;
    for (int i = 0; i < 9; ++i) {
        turn("turn " + std::to_string(i));
        core.evaluate(tenant, "query " + std::to_string(i), kSession);
        all.emplace_back(kTurn, "turn " + std::to_string(i));
        all.emplace_back(kQuery, "query " + std::to_string(i));
        EXPECT_EQ(seen(),
                  Shown(all.end() - std::min<std::ptrdiff_t>(10, std::ssize(all)), all.end()));
    }
    EXPECT_EQ(rebuilt(), seen());
}

TEST_F(WorkingMemoryTest, SessionsDoNotMix) {
    turn("here");
    core.evaluate(tenant, "elsewhere", "another");
    core.evaluate(tenant, "nowhere");
    EXPECT_EQ(seen(), (Shown{{kTurn, "here"}}));
}

TEST_F(WorkingMemoryTest, ALostProjectionIsRebuiltExactly) {
    turn("one");
    EXPECT_EQ(seen().size(), 1U);
    core.evaluate(tenant, "two", kSession);
    turn("three", "ada");
    const auto before = seen();
    core.working_memory.distrust(tenant.id);  // the old keys are never read again
    EXPECT_EQ(seen(), before);
    turn("four");
    EXPECT_EQ(seen(), rebuilt());
}

TEST_F(WorkingMemoryTest, AReaderBetweenCommitAndAppendDoesNotDoubleAnEntry) {
    const auto id = Uuid::parse(turn("once")).value();
    EXPECT_EQ(seen().size(), 1U);  // rebuilt after the commit; the append comes late:
    const auto row = core.memories.get(tenant.id, id, LivingCore::soon()).value();
    core.working_memory.append(tenant.id, session_hmac(),
                               {.log_index = row.facts.log_index,
                                .question_index = {},
                                .ends_at = {},
                                .subject_hmac = row.subject_hmac,
                                .item = {kTurn, id, "once", "", row.facts.created_at}});
    EXPECT_EQ(seen(), (Shown{{kTurn, "once"}}));
}

TEST_F(WorkingMemoryTest, ADeletedTurnLeavesAtOnce) {
    turn("kept");
    const auto gone = turn("regretted");
    EXPECT_EQ(seen().size(), 2U);
    core.forget(tenant, gone);
    EXPECT_EQ(seen(), (Shown{{kTurn, "kept"}}));
    EXPECT_EQ(rebuilt(), seen());
}

TEST_F(WorkingMemoryTest, ResponsesFollowTheirQuestions) {
    const auto first = core.evaluate(tenant, "who is there?", kSession).evaluation_id();
    const auto second = core.evaluate(tenant, "what now?", kSession).evaluation_id();
    EXPECT_EQ(seen().size(), 2U);
    answered(second, "Supper.");
    answered(first, "It is me.");
    const Shown expected{{kQuery, "who is there?"},
                         {kQuery, "what now?"},
                         {kResponse, "Supper."},
                         {kResponse, "It is me."}};
    EXPECT_EQ(seen(), expected);
    EXPECT_EQ(rebuilt(), expected);
    const auto bundle = core.evaluate(tenant, "last", kSession);
    ASSERT_EQ(bundle.working_memory_size(), 4);
    EXPECT_EQ(bundle.working_memory(3).kind(), "response");
    EXPECT_NEAR(bundle.working_memory(3).weight(), 0.2, 1e-12);
    EXPECT_NEAR(bundle.working_memory(0).weight(), 0.2 * 0.8 * 0.8 * 0.8, 1e-12);
    EXPECT_NE(bundle.prompt().find("answered \"It is me.\""), std::string::npos);
}

TEST_F(WorkingMemoryTest, ResponsesEndWithTheirEvaluations) {
    answered(core.evaluate(tenant, "who?", kSession).evaluation_id(), "It is me.");
    turn("stays");
    EXPECT_EQ(seen().size(), 3U);
    const Time later = wall_clock_now() + LivingCore::kRecordLifetime;
    EXPECT_EQ(seen(later), (Shown{{kTurn, "stays"}}));
    EXPECT_EQ(rebuilt(later), seen(later));
}

TEST_F(WorkingMemoryTest, ASupersededTurnLeavesWithItsValidity) {
    RememberRequest item;
    item.set_text("the rent is 400");
    item.set_session_id(kSession);
    item.set_key("rent");
    item.add_embedding(1);
    core.remember(tenant, item);
    turn("good to know");
    EXPECT_EQ(seen().size(), 2U);
    const Time later = wall_clock_now() + std::chrono::hours(1);
    item.set_text("the rent is 500");
    item.set_valid_from(format_rfc3339(later));
    core.remember(tenant, item);
    const Shown both{
        {kTurn, "the rent is 400"}, {kTurn, "good to know"}, {kTurn, "the rent is 500"}};
    EXPECT_EQ(seen(), both) << "the successor is not valid yet";
    EXPECT_EQ(rebuilt(), both);
    const Shown after{{kTurn, "good to know"}, {kTurn, "the rent is 500"}};
    EXPECT_EQ(seen(later), after);
    EXPECT_EQ(rebuilt(later), after);
    item.set_text("the rent is 600");
    item.clear_valid_from();
    core.remember(tenant, item);
    const Shown now{{kTurn, "good to know"}, {kTurn, "the rent is 600"}};
    EXPECT_EQ(rebuilt(), (Shown{{kTurn, "the rent is 400"}, now[0], now[1]}))
        << "400 is true until the hour is over; 500 never was";
    EXPECT_EQ(seen(), rebuilt());
    EXPECT_EQ(seen(later), now);
}

TEST_F(WorkingMemoryTest, ATurnPastItsValidityIsNotShown) {
    RememberRequest item;
    item.set_text("the shop is open");
    item.set_session_id(kSession);
    item.set_valid_to(format_rfc3339(wall_clock_now() + std::chrono::seconds(60)));
    item.add_embedding(1);
    seen();
    core.remember(tenant, item);
    turn("stays");
    EXPECT_EQ(seen().size(), 2U);
    const Time later = wall_clock_now() + std::chrono::seconds(61);
    EXPECT_EQ(seen(later), (Shown{{kTurn, "stays"}}));
    EXPECT_EQ(rebuilt(later), seen(later));
}

TEST_F(WorkingMemoryTest, WhatARebuildLeftOutIsNotAppendedLate) {
    RememberRequest item;
    item.set_text("first word");
    item.set_session_id(kSession);
    item.set_key("word");
    item.add_embedding(1);
    const auto id = Uuid::parse(core.remember(tenant, item).id()).value();
    const auto row = core.memories.get(tenant.id, id, LivingCore::soon()).value();
    item.set_text("last word");
    core.remember(tenant, item);
    EXPECT_EQ(seen(), (Shown{{kTurn, "last word"}}));
    // The first one's own append comes only now, though both were committed together.
    core.working_memory.append(tenant.id, session_hmac(),
                               {.log_index = row.facts.log_index,
                                .question_index = {},
                                .ends_at = {},
                                .subject_hmac = row.subject_hmac,
                                .item = {kTurn, id, "first word", "", row.facts.created_at}});
    EXPECT_EQ(seen(), (Shown{{kTurn, "last word"}}));
}

TEST_F(WorkingMemoryTest, AnEndedSessionStartsAnew) {
    turn("long ago");
    const auto before = core.evaluate(tenant, "before?", kSession).evaluation_id();
    turn("elsewhere stays", "", 0);
    EXPECT_EQ(seen().size(), 3U);
    core.evaluate(tenant, "of another", "another");
    core.end_session(tenant, kSession);
    EXPECT_EQ(seen(), Shown{});
    EXPECT_EQ(rebuilt(), Shown{});
    // A response that comes late belongs to the session that was ended.
    answered(before, "too late");
    EXPECT_EQ(seen(), Shown{});
    EXPECT_EQ(rebuilt(), Shown{});
    turn("a new day");
    answered(core.evaluate(tenant, "after?", kSession).evaluation_id(), "in time");
    const Shown expected{{kTurn, "a new day"}, {kQuery, "after?"}, {kResponse, "in time"}};
    EXPECT_EQ(seen(), expected);
    EXPECT_EQ(rebuilt(), expected);
    core.end_session(tenant, kSession);
    EXPECT_EQ(seen(), rebuilt());
    EXPECT_EQ(core.evaluate(tenant, "still?", "another").working_memory_size(), 1);
}

TEST_F(WorkingMemoryTest, ATurnFromBeforeTheEndIsNotAppendedAfterIt) {
    const auto id = Uuid::parse(turn("before the end")).value();
    const auto row = core.memories.get(tenant.id, id, LivingCore::soon()).value();
    core.end_session(tenant, kSession);
    EXPECT_EQ(seen(), Shown{});
    core.working_memory.append(tenant.id, session_hmac(),
                               {.log_index = row.facts.log_index,
                                .question_index = {},
                                .ends_at = {},
                                .subject_hmac = row.subject_hmac,
                                .item = {kTurn, id, "before the end", "", row.facts.created_at}});
    EXPECT_EQ(seen(), Shown{});
}

TEST_F(WorkingMemoryTest, AnExpiredTurnIsNotShown) {
    turn("stays");
    turn("leaves", "", 60);
    EXPECT_EQ(seen().size(), 2U);
    const Time later = wall_clock_now() + std::chrono::seconds(61);
    EXPECT_EQ(seen(later), (Shown{{kTurn, "stays"}}));
    EXPECT_EQ(rebuilt(later), seen(later));
}

TEST_F(WorkingMemoryTest, AnExpiredTurnMakesRoomForAnOlderOne) {
    turn("oldest");
    turn("leaves", "", 60);
    Shown expected{{kTurn, "oldest"}};
    for (int i = 0; i < 9; ++i) {
        turn("turn " + std::to_string(i));
        expected.emplace_back(kTurn, "turn " + std::to_string(i));
    }
    EXPECT_EQ(seen().front().second, "leaves");
    const Time later = wall_clock_now() + std::chrono::seconds(61);
    EXPECT_EQ(seen(later), expected);
    EXPECT_EQ(rebuilt(later), expected);
}

TEST_F(WorkingMemoryTest, LongTextsAreCutBetweenCharactersAlikeInBothPlaces) {
    const std::string text = "x" + std::string(1'000, ' ') + [] {
        std::string wide;
        for (int i = 0; i < 600; ++i) wide += "€";
        return wide;
    }();
    seen();  // so that the turn is appended to a projection
    turn(text);
    ASSERT_EQ(seen().size(), 1U);
    EXPECT_LE(seen()[0].second.size(), domain::kMaxItemTextBytes);
    EXPECT_TRUE(text.starts_with(seen()[0].second));
    EXPECT_EQ(rebuilt(), seen());
}

/// Nothing listens where this looks for Redis.
class WorkingMemoryWithoutRedis : public WorkingMemoryTest {
  protected:
    WorkingMemoryWithoutRedis() : WorkingMemoryTest(nowhere()) {}
    static backends::RedisConfig nowhere() {
        backends::RedisConfig config;
        config.port = 1;
        return config;
    }
};

TEST_F(WorkingMemoryWithoutRedis, EverythingIsStillRight) {
    turn("one");
    core.evaluate(tenant, "two", kSession);
    const auto gone = turn("three");
    const Shown expected{{kTurn, "one"}, {kQuery, "two"}, {kTurn, "three"}};
    EXPECT_EQ(seen(), expected);
    EXPECT_EQ(core.evaluate(tenant, "four", kSession).working_memory_size(), 3);
    core.forget(tenant, gone);
    EXPECT_EQ(seen(), (Shown{{kTurn, "one"}, {kQuery, "two"}, {kQuery, "four"}}));
    core.end_session(tenant, kSession);
    EXPECT_EQ(seen(), Shown{});
    EXPECT_FALSE(core.cache.healthy());
}

}  // namespace
}  // namespace soma::services
