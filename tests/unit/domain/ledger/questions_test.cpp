#include <gtest/gtest.h>

#include "domain/ledger/plan.h"
#include "domain/ledger/position.h"
#include "support/postgres/intents.h"

namespace soma::domain {
namespace {

using test::IntentBuilder;

TEST(Questions, ARecordMovesTheAccessStreamAndAsksNothing) {
    const TenantStreams tenant{IntentBuilder::new_id(), IntentBuilder::new_id(),
                               IntentBuilder::new_id()};
    const Intent intent = IntentBuilder(tenant).answered().build();
    const Questions asked = questions(std::span(&intent, 1));
    EXPECT_EQ(asked.streams, std::set<Uuid>{tenant.access});
    EXPECT_FALSE(asked.events);
    EXPECT_TRUE(presume(asked, {IntentBuilder::new_id(), 7, {{tenant.access, 3}}}));
}

TEST(Questions, AReplayAsksForEachOfItsEventsAndIsNeverPresumed) {
    const Uuid tenant = IntentBuilder::new_id();
    const Uuid stream = IntentBuilder::new_id();
    Intent intent{.tenant = {}, .now = {}, .deadline = Deadline(std::chrono::seconds(1))};
    intent.replay = Replay{{}, {{tenant, stream}}};
    for (int i = 0; i < 3; ++i) {
        EventDraft event;
        event.id = IntentBuilder::new_id();
        event.tenant = tenant;
        intent.replay->events.push_back({Time{}, event});
    }
    const Questions asked = questions(std::span(&intent, 1));
    EXPECT_EQ(asked.streams, std::set<Uuid>{stream});
    ASSERT_TRUE(asked.events);
    EXPECT_EQ(asked.events->size(), 3U);
    EXPECT_EQ(asked.events->front(), intent.replay->events.front().event.id);
    EXPECT_TRUE(asked.tenants.empty());
    EXPECT_FALSE(presume(asked, {IntentBuilder::new_id(), 7, {{stream, 3}}}));
}

}  // namespace
}  // namespace soma::domain
