#include "domain/ledger/intent.h"

#include <gtest/gtest.h>

#include "support/postgres/intents.h"

namespace soma::domain {
namespace {

using test::IntentBuilder;

TEST(Intent, RowCountIsWhatMayBeWritten) {
    const TenantStreams tenant;
    EXPECT_EQ(row_count(IntentBuilder(tenant).access().build()), 1U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).access(StoredEvaluation{}).build()), 2U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).remove(Uuid{}).build()), 2U);
    // Event, memory, one passage; the claim adds its row.
    EXPECT_EQ(row_count(IntentBuilder(tenant).insert(Uuid{}).build()), 3U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).insert(Uuid{}).claim("k", "b").build()), 4U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).end_session("s").build()), 2U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).link({}).build()), 2U);
    // Event and feedback; tokens add a row of usage.
    EXPECT_EQ(row_count(IntentBuilder(tenant).feedback(Uuid{}).build()), 2U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).feedback(Uuid{}, 7).build()), 3U);
    // A verdict that is to flow, and a link for each pair.
    const CoUse use{1, Uuid{}, std::vector<Uuid>(4)};
    EXPECT_EQ(row_count(IntentBuilder(tenant).feedback(Uuid{}).co_use(use).build()), 9U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).flow({7, 9}, {{}, {}, {}}).build()), 6U);
    EXPECT_EQ(row_count(IntentBuilder(tenant).answered().build()), 1U);
}

TEST(Intent, AReplayComesAloneAndARecordDoesNot) {
    Intent replay{.tenant = {}, .now = {}, .deadline = Deadline(std::chrono::seconds(1))};
    replay.replay = Replay{{{Time{}, EventDraft{}}, {Time{}, EventDraft{}}}, {}};
    EXPECT_TRUE(comes_alone(replay));
    EXPECT_EQ(row_count(replay), 2U);
    EXPECT_FALSE(comes_alone(IntentBuilder(TenantStreams{}).answered().build()));
}

}  // namespace
}  // namespace soma::domain
