#include "domain/ledger/relay/route.h"

#include <gtest/gtest.h>

#include "support/ledger/relayed.h"

namespace soma::domain {
namespace {

using test::relayed_event;
using test::uuid_of;

std::vector<std::string> topics_of(const RelayedEvent& event) {
    std::vector<std::string> out;
    for (const Topic topic : kTopics) {
        if (belongs(topic, event)) out.emplace_back(topic_name(topic));
    }
    return out;
}

TEST(Route, EveryEventIsAudited) {
    const auto access =
        relayed_event(uuid_of(1), 0, uuid_of(2), Stream::access, 1, 5, "memory.recall");
    EXPECT_EQ(topics_of(access), (std::vector<std::string>{"soma.audit"}));
}

TEST(Route, MutationsAreMemoryEvents) {
    const auto state = relayed_event(uuid_of(1), 0, uuid_of(2), Stream::state, 1, 5);
    EXPECT_EQ(topics_of(state), (std::vector<std::string>{"soma.audit", "soma.memory.events"}));
}

TEST(Route, StepsOfTheLawAreRevisionsWhateverTheirStream) {
    const std::vector<std::string> both{"soma.audit", "soma.constitution.revisions"};
    EXPECT_EQ(
        topics_of(relayed_event(uuid_of(1), 0, {}, Stream::system, 1, 0, "constitution.activate")),
        both);
    EXPECT_EQ(topics_of(relayed_event(uuid_of(1), 0, uuid_of(2), Stream::access, 1, 0,
                                      "constitution.show")),
              both);
    EXPECT_EQ(
        topics_of(relayed_event(uuid_of(1), 0, {}, Stream::system, 1, 0, "constitutional.walk")),
        (std::vector<std::string>{"soma.audit"}));
}

TEST(Route, ThePartitionIsTheTenantsShard) {
    for (const int shard : {0, 1, 63}) {
        EXPECT_EQ(partition_of(relayed_event(uuid_of(1), 0, uuid_of(2), Stream::access, 1, shard)),
                  shard);
    }
    EXPECT_EQ(partition_of(relayed_event(uuid_of(1), 0, {}, Stream::system, 1, 7)), 0);
}

TEST(Route, AShardOutsideItsBoundsIsOurMistake) {
    EXPECT_DEATH(
        partition_of(relayed_event(uuid_of(1), 0, uuid_of(2), Stream::access, 1, kPartitions)),
        "bounds");
}

TEST(Route, TheKeyIsTheTenant) {
    EXPECT_EQ(record_key(relayed_event(uuid_of(1), 0, uuid_of(2), Stream::access, 1)),
              uuid_of(2).to_string());
    EXPECT_EQ(record_key(relayed_event(uuid_of(1), 0, {}, Stream::system, 1)), "system");
}

}  // namespace
}  // namespace soma::domain
