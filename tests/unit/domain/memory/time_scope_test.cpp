#include "domain/memory/time_scope.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using std::chrono::microseconds;

Time at(std::int64_t micros) {
    return Time(microseconds(micros));
}

bool there(const MemoryFacts& facts, const TimeScope& scope) {
    return in_scope(validity_of(facts), scope);
}

TEST(TimeScope, IntervalsAreHalfOpen) {
    MemoryFacts facts;
    EXPECT_TRUE(there(facts, {.now = at(5)}));
    facts.valid_from = at(5);
    facts.valid_to = at(9);
    for (const auto& [time, expected] : {std::pair{4, false}, {5, true}, {8, true}, {9, false}}) {
        EXPECT_EQ(there(facts, {.now = at(time)}), expected);
        EXPECT_EQ(there(facts, {.now = at(100), .valid_at = at(time)}), expected);
    }
    EXPECT_TRUE(there(facts, {.now = at(100), .at_any_time = true}));
}

TEST(TimeScope, ExpiryIsOfTheRequestsTimeWhateverIsAsked) {
    MemoryFacts facts;
    facts.expires_at = at(10);
    EXPECT_TRUE(there(facts, {.now = at(9), .valid_at = at(50)}));
    EXPECT_FALSE(there(facts, {.now = at(10)}));
    EXPECT_FALSE(there(facts, {.now = at(10), .valid_at = at(1)}));
    EXPECT_FALSE(there(facts, {.now = at(10), .as_of = at(5)}));
    EXPECT_FALSE(there(facts, {.now = at(10), .at_any_time = true}));
}

TEST(TimeScope, AsOfATimeOrASequence) {
    MemoryFacts facts;
    facts.sequence = 7;
    facts.created_at = at(20);
    EXPECT_TRUE(there(facts, {.now = at(99), .as_of = at(20)}));
    EXPECT_FALSE(there(facts, {.now = at(99), .as_of = at(19)}));
    EXPECT_TRUE(there(facts, {.now = at(99), .as_of = std::uint64_t{7}}));
    EXPECT_FALSE(there(facts, {.now = at(99), .as_of = std::uint64_t{6}}));
    EXPECT_FALSE(there(facts, {.now = at(99), .as_of = at(19), .at_any_time = true}));
}

TEST(TimeScope, AsOfATimeAsksWhatWasValidThen) {
    MemoryFacts facts;
    facts.valid_to = at(30);
    EXPECT_EQ(valid_time({.now = at(99)}), at(99));
    EXPECT_EQ(valid_time({.now = at(99), .as_of = at(20)}), at(20));
    EXPECT_EQ(valid_time({.now = at(99), .as_of = std::uint64_t{3}}), at(99));
    EXPECT_EQ(valid_time({.now = at(99), .valid_at = at(4), .as_of = at(20)}), at(4));
    EXPECT_TRUE(there(facts, {.now = at(99), .as_of = at(20)}));
    EXPECT_FALSE(there(facts, {.now = at(99), .as_of = std::uint64_t{20}}));
}

TEST(TimeScope, ASupersessionNotYetRecordedHasNotHappened) {
    MemoryFacts given;
    given.sequence = 1;
    given.created_at = at(1);
    given.valid_to = at(90);
    MemoryFacts facts = given;
    supersede(facts, {Uuid{}, 5, at(50), at(50)});
    EXPECT_FALSE(there(facts, {.now = at(60)}));
    EXPECT_TRUE(there(facts, {.now = at(60), .valid_at = at(49)}));
    // Recorded before: valid as it had been given.
    for (const AsOf& before : {AsOf(std::uint64_t{4}), AsOf(at(49))}) {
        const TimeScope scope{.now = at(60), .valid_at = at(60), .as_of = before};
        EXPECT_TRUE(there(facts, scope));
        EXPECT_EQ(valid_until(validity_of(facts), scope), at(90));
        EXPECT_FALSE(is_superseded(validity_of(facts), scope));
        EXPECT_EQ(as_recorded(facts, scope), given);
    }
    for (const AsOf& after : {AsOf(std::uint64_t{5}), AsOf(at(50))}) {
        const TimeScope scope{.now = at(60), .valid_at = at(60), .as_of = after};
        EXPECT_FALSE(there(facts, scope));
        EXPECT_TRUE(is_superseded(validity_of(facts), scope));
        EXPECT_EQ(as_recorded(facts, scope), facts);
    }
    EXPECT_TRUE(is_superseded(validity_of(facts), {.now = at(60)}));
    EXPECT_FALSE(is_superseded(validity_of(given), {.now = at(60)}));
}

}  // namespace
}  // namespace soma::domain
