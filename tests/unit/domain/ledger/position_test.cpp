#include "domain/ledger/position.h"

#include <gtest/gtest.h>

#include "support/postgres/intents.h"

namespace soma::domain {
namespace {

using test::IntentBuilder;

class PositionTest : public ::testing::Test {
  protected:
    IntentBuilder intent() { return IntentBuilder(tenant); }
    static std::optional<Findings> presumed(const Intent& intent, const Position& position) {
        return presume(questions(std::span(&intent, 1)), position);
    }

    const TenantStreams tenant{IntentBuilder::new_id(), IntentBuilder::new_id(),
                               IntentBuilder::new_id()};
    const Uuid a = IntentBuilder::new_id();
    Position position{IntentBuilder::new_id(), 100, {{tenant.state, 40}, {tenant.access, 7}}};
};

TEST_F(PositionTest, NothingAskedIsPresumedFromWhereTheLedgerStood) {
    const auto found = presumed(intent().insert(a).claim("k", "body").access().build(), position);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->log_id, position.log_id);
    EXPECT_EQ(found->log_size, 100U);
    EXPECT_EQ(found->streams, position.streams);
    EXPECT_TRUE(found->tenants.empty());
}

TEST_F(PositionTest, WhatOnlyTheStoreKnowsIsNotPresumed) {
    EXPECT_FALSE(presumed(intent().insert(a, "key").build(), position)) << "the key's holder";
    EXPECT_FALSE(presumed(intent().remove(a).build(), position)) << "whether it is there";
    EXPECT_FALSE(presumed(intent().insert(a, "", "session").build(), position)) << "the last turn";
    position.streams.erase(tenant.access);
    EXPECT_FALSE(presumed(intent().insert(a).access().build(), position)) << "a stream not met";
    EXPECT_TRUE(presumed(intent().insert(a).build(), position));
}

TEST_F(PositionTest, APlanFromAPresumptionLeadsToTheNextPosition) {
    const Intent first = intent().insert(a).build();
    const auto found = presumed(first, position);
    const Plan plan = make_plan(std::span(&first, 1), *found);
    EXPECT_EQ(plan.streams.at(tenant.state), (StreamMove{40, 41}));
    advance(position, *found, plan);
    EXPECT_EQ(position.log_size, 101U);
    EXPECT_EQ(position.streams.at(tenant.state), 41U);
    EXPECT_EQ(position.streams.at(tenant.access), 7U);
}

TEST_F(PositionTest, StreamsReadAndNotMovedAreKnownToo) {
    Position fresh;
    const Intent reader = intent().access().build();
    Findings found{position.log_id, 100, position.streams, {}};
    advance(fresh, found, make_plan(std::span(&reader, 1), found));
    EXPECT_EQ(fresh.log_id, position.log_id);
    EXPECT_EQ(fresh.streams.at(tenant.state), 40U);
    EXPECT_EQ(fresh.streams.at(tenant.access), 8U);
}

TEST_F(PositionTest, RemembersABoundedNumberOfStreams) {
    Position many;
    for (std::size_t i = 0; i < kMaxKnownStreams; ++i) {
        many.streams[IntentBuilder::new_id()] = 1;
    }
    advance(many, {position.log_id, 100, {{tenant.state, 40}}, {}}, {});
    EXPECT_EQ(many.streams, (std::map<Uuid, std::uint64_t>{{tenant.state, 40}}));
}

}  // namespace
}  // namespace soma::domain
