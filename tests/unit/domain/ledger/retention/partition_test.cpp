#include "domain/ledger/retention/partition.h"

#include <gtest/gtest.h>

#include "support/ledger/relayed.h"

namespace soma::domain {
namespace {

using soma::test::uuid_of;

constexpr std::uint64_t kRows = 65'536;
const Time kOld = Time(std::chrono::seconds(1'000'000));
const Time kKeepFrom = kOld + std::chrono::seconds(1);

/// The second partition of a log that goes on, all of it in Kafka.
struct Facts {
    OldestPartition partition{kRows, 2 * kRows, kRows, kOld, 0};
    std::vector<LogExtent> logs{{uuid_of(1), 0, 3 * kRows}};
    LastMarks last{{{Topic::audit, 3}, {uuid_of(1), 3 * kRows - 1, 2 * kRows}}};
    std::uint64_t buffered = 0;

    std::string why() const {
        return kept_because(partition, logs, last, buffered, kKeepFrom).value_or("dropped");
    }
    /// As after a restore: log 1 ended in the middle of the partition, log 2 is the present one.
    void restore() {
        logs = {{uuid_of(2), 2 * kRows, 2 * kRows + 5}, {uuid_of(1), 0, kRows + 100}};
        partition.events = 100;
        last = {{{Topic::audit, 3}, {uuid_of(2), 2 * kRows, 2 * kRows}}};
    }
};

TEST(Partition, GoesWhenNobodyNeedsIt) {
    EXPECT_EQ(Facts().why(), "dropped");
}

TEST(Partition, StaysWhileItIsWritten) {
    Facts facts;
    facts.logs[0].end_index = 2 * kRows;
    EXPECT_EQ(facts.why(), "it is still being written") << "the log's last event is in it";
    facts.logs[0].end_index = 2 * kRows + 1;
    EXPECT_EQ(facts.why(), "dropped");
}

TEST(Partition, StaysWhileItIsYoung) {
    Facts facts;
    facts.partition.newest = kKeepFrom;
    EXPECT_EQ(facts.why(), "its newest event is of 1970-01-12T13:46:41.000000Z");
    facts.partition.newest = kKeepFrom - std::chrono::microseconds(1);
    EXPECT_EQ(facts.why(), "dropped");
}

TEST(Partition, StaysWhileAReplayMayAskForItsEvents) {
    Facts facts;
    facts.buffered = 3;
    EXPECT_EQ(facts.why(), "entries of the audit buffer may be of its events: 3");
}

TEST(Partition, StaysWhenItHoldsOtherEventsThanItsLogs) {
    Facts facts;
    facts.partition.events = kRows - 1;
    EXPECT_EQ(facts.why(), "it holds 65535 events where its logs have 65536");
    facts.restore();
    EXPECT_EQ(facts.why(), "dropped");
    facts.logs.pop_back();
    EXPECT_EQ(facts.why(), "it holds 100 events where its logs have 0") << "of a log unknown";
}

TEST(Partition, StaysForAnErasureThatIsNotDone) {
    Facts facts;
    facts.partition.unfinished_erasures = 2;
    EXPECT_EQ(facts.why(), "erasures that are not done began in it: 2");
}

TEST(Partition, StaysUntilKafkaHasAllOfIt) {
    Facts facts;
    auto& mark = facts.last.begin()->second;
    mark.complete_below = 2 * kRows - 1;
    EXPECT_TRUE(facts.why().starts_with("leaves 65536 to 131071 of log 01010101-"));
    EXPECT_TRUE(facts.why().ends_with("are not known to be in Kafka"));
    facts.last = {};
    EXPECT_TRUE(facts.why().ends_with("are not known to be in Kafka"));
    // One partition whose last record is old says nothing against another's.
    facts = {};
    facts.last[{Topic::audit, 4}] = {uuid_of(1), 7, 7};
    EXPECT_EQ(facts.why(), "dropped");
}

TEST(Partition, AFormerLogIsInKafkaOnceThePresentOneHasBegunThere) {
    Facts facts;
    facts.restore();
    EXPECT_EQ(facts.why(), "dropped");
    // The former log's own records never say that its last transaction is there.
    facts.last.begin()->second = {uuid_of(1), kRows + 99, kRows + 90};
    EXPECT_TRUE(facts.why().ends_with("are not known to be in Kafka"));
    // Of a history that a restore has ended.
    facts.last.begin()->second = {uuid_of(9), 5 * kRows, 5 * kRows};
    EXPECT_TRUE(facts.why().ends_with("are not known to be in Kafka"));
}

TEST(Partition, IsCutIntoItsLogs) {
    const OldestPartition wide{0, 4 * kRows, 0, {}, 0};
    const std::vector<LogExtent> logs{{uuid_of(3), 3 * kRows, 9 * kRows},
                                      {uuid_of(2), kRows, 2 * kRows + 7},
                                      {uuid_of(1), 0, 5},
                                      {uuid_of(4), 4 * kRows, 4 * kRows + 1}};
    const std::vector<LogSlice> expected{{uuid_of(3), 3 * kRows, 0, kRows},
                                         {uuid_of(2), kRows, 0, kRows + 7},
                                         {uuid_of(1), 0, 0, 5}};
    EXPECT_EQ(slices_of(wide, logs), expected);
    EXPECT_EQ(slices_of({2 * kRows, 3 * kRows, 0, {}, 0}, logs),
              (std::vector<LogSlice>{{uuid_of(2), kRows, kRows, kRows + 7}}));
}

}  // namespace
}  // namespace soma::domain
