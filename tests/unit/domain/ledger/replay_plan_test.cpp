#include <gtest/gtest.h>

#include "domain/ledger/plan.h"
#include "support/postgres/intents.h"

namespace soma::domain {
namespace {

using test::IntentBuilder;

class ReplayPlanTest : public ::testing::Test {
  protected:
    EventDraft event() const {
        EventDraft out;
        out.id = IntentBuilder::new_id();
        out.tenant = tenant.tenant;
        out.action = "recall";
        out.buffered = true;
        return out;
    }
    Intent replay(const std::vector<EventDraft>& events) const {
        Intent intent{.tenant = {}, .now = Time{}, .deadline = Deadline(std::chrono::seconds(1))};
        intent.replay = Replay{{}, {{tenant.tenant, tenant.access}}};
        Time time{};
        for (const EventDraft& draft : events) {
            intent.replay->events.push_back({time += std::chrono::seconds(1), draft});
        }
        return intent;
    }
    Findings found() const {
        Findings out{IntentBuilder::new_id(), 100, {{tenant.access, 7}}, {}};
        return out;
    }
    static Plan plan(const Intent& intent, const Findings& findings) {
        return make_plan(std::span(&intent, 1), findings);
    }

    const TenantStreams tenant{IntentBuilder::new_id(), IntentBuilder::new_id(),
                               IntentBuilder::new_id()};
};

TEST_F(ReplayPlanTest, EventsKeepTheirOrderAndTheirTimesAndTakeLaterSequences) {
    const Plan made = plan(replay({event(), event()}), found());
    ASSERT_EQ(made.events.size(), 2U);
    EXPECT_EQ(std::get<EventsReplayed>(made.outcomes[0]).written, 2U);
    EXPECT_EQ(made.events[0].stream_sequence, 8U);
    EXPECT_EQ(made.events[1].stream_sequence, 9U);
    EXPECT_EQ(made.events[1].log_index, 101U);
    EXPECT_EQ(made.events[1].time, Time(std::chrono::seconds(2)));
    EXPECT_NE(made.events[0].body.find(R"("buffered":true)"), std::string::npos);
    EXPECT_EQ(made.streams.at(tenant.access), (StreamMove{7, 9}));
    EXPECT_EQ(made.row_count(), 2U);
}

TEST_F(ReplayPlanTest, WhatTheLedgerHasIsNotWrittenAgain) {
    const auto events = std::vector{event(), event(), event()};
    Findings findings = found();
    findings.seen = {events[1].id};
    const Plan made = plan(replay(events), findings);
    ASSERT_EQ(made.events.size(), 2U);
    EXPECT_EQ(made.events[0].draft.id, events[0].id);
    EXPECT_EQ(made.events[1].draft.id, events[2].id);
    EXPECT_EQ(made.events[1].stream_sequence, 9U) << "no sequence is left out";
}

TEST_F(ReplayPlanTest, AnEventThatCameIntoTheBufferTwiceIsWrittenOnce) {
    const EventDraft one = event();
    const Plan made = plan(replay({one, event(), one}), found());
    EXPECT_EQ(made.events.size(), 2U);
    EXPECT_EQ(std::get<EventsReplayed>(made.outcomes[0]).written, 2U);
}

TEST_F(ReplayPlanTest, AReplayOfNothingMovesNothing) {
    const Plan made = plan(replay({}), found());
    EXPECT_TRUE(made.events.empty());
    EXPECT_TRUE(made.streams.empty());
    EXPECT_EQ(made.log_size, 100U);
    EXPECT_EQ(std::get<EventsReplayed>(made.outcomes[0]).written, 0U);
}

TEST_F(ReplayPlanTest, WhatIsElsewhereIsLeftOutAndItsCompanyIsNot) {
    std::vector<Intent> group;
    for (int i = 0; i < 3; ++i) {
        group.push_back(IntentBuilder(tenant).answered().build());
    }
    const std::shared_ptr<const AnswerRecord> second = group[1].answered;
    EXPECT_TRUE(put_elsewhere(group).empty());
    std::const_pointer_cast<AnswerRecord>(second)->elsewhere = true;
    Findings findings = found();
    findings.elsewhere = put_elsewhere(group);
    EXPECT_EQ(findings.elsewhere, std::set<std::size_t>{1});
    const Plan made = make_plan(group, findings);
    EXPECT_TRUE(std::holds_alternative<Committed>(made.outcomes[0]));
    EXPECT_TRUE(std::holds_alternative<PutElsewhere>(made.outcomes[1]));
    EXPECT_EQ(std::get<Committed>(made.outcomes[2]).access->sequence, 9U);
    ASSERT_EQ(made.events.size(), 2U);
    EXPECT_EQ(made.events[0].draft.id, group[0].answered->event.id);
    EXPECT_EQ(made.events[1].draft.id, group[2].answered->event.id);
    EXPECT_EQ(made.events[1].draft.tenant, tenant.tenant);
}

}  // namespace
}  // namespace soma::domain
