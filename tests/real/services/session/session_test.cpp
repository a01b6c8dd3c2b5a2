#include "services/session/session.h"

#include "support/living_core.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using test::LivingCore;

class SessionTest : public ::testing::Test {
  protected:
    somabrain::v1::RememberResponse turn(const std::string& text) {
        somabrain::v1::RememberRequest item;
        item.set_text(text);
        item.set_session_id("talk");
        item.add_embedding(1);
        return core.remember(tenant, item);
    }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(1);
};

TEST_F(SessionTest, EndingAnswersWithItsStateAndLeavesTheMemories) {
    const auto made = turn("kept as a memory");
    const auto answer = core.end_session(tenant, "talk");
    EXPECT_EQ(answer.id(), "talk");
    EXPECT_EQ(answer.sequence(), 2U);
    EXPECT_EQ(domain::StateToken::parse(answer.state_token()),
              (domain::StateToken{tenant.epoch, 2}));
    const auto event = core.events(tenant.id).back();
    EXPECT_EQ(event.at("stream"), "state");
    EXPECT_EQ(event.at("action"), "session.end");
    EXPECT_EQ(event.at("request_digest").as_string().size(), 64U);
    test::expect_ledger_whole(core.world.cluster.superuser(), tenant);
    EXPECT_EQ(core.get(tenant, made.id()).text(), "kept as a memory");
    // Turns count on: the session's history has not gone.
    EXPECT_EQ(core.get(tenant, turn("next").id()).turn(), 1);
}

TEST_F(SessionTest, EndingAgainOrWhatNeverWasChangesNothingElse) {
    EXPECT_EQ(core.end_session(tenant, "never seen").sequence(), 1U);
    EXPECT_EQ(core.end_session(tenant, "never seen").sequence(), 2U);
    EXPECT_EQ(test::count_rows(core.world.cluster.superuser(), "ended_sessions", tenant.id), 1);
}

TEST_F(SessionTest, AReplayDoesNotEndTheSessionASecondTime) {
    turn("old");
    const auto first = core.end_session(tenant, "talk", "once");
    turn("new");
    const auto again = core.end_session(tenant, "talk", "once");
    EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
    const auto session = core.keyring.tenant(tenant.id, LivingCore::soon())->session_hmac("talk");
    const auto entries =
        core.working_memory.entries(tenant.id, session, wall_clock_now(), LivingCore::soon());
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].text, "new");
    test::expect_error(ErrorKind::idempotency_reused, "Idempotency-Key",
                       [&] { core.end_session(tenant, "another", "once"); });
}

TEST_F(SessionTest, NothingEndsWhenTheCommitterIsGone) {
    turn("stays");
    core.committer.stop();
    test::expect_error(ErrorKind::unavailable, "", [&] { core.end_session(tenant, "talk"); });
    EXPECT_EQ(test::count_rows(core.world.cluster.superuser(), "ended_sessions", tenant.id), 0);
}

}  // namespace
}  // namespace soma::services
