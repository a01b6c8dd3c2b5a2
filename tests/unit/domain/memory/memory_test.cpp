#include "domain/memory/memory.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using std::chrono::microseconds;

Time at(std::int64_t micros) {
    return Time(microseconds(micros));
}

TEST(IsCurrent, IntervalsAreHalfOpen) {
    MemoryFacts facts;
    EXPECT_TRUE(is_current(facts, at(5)));
    facts.valid_from = at(5);
    facts.valid_to = at(9);
    EXPECT_FALSE(is_current(facts, at(4)));
    EXPECT_TRUE(is_current(facts, at(5)));
    EXPECT_TRUE(is_current(facts, at(8)));
    EXPECT_FALSE(is_current(facts, at(9)));
}

TEST(IsCurrent, ExpiryAndSupersessionHide) {
    MemoryFacts facts;
    facts.expires_at = at(10);
    EXPECT_TRUE(is_current(facts, at(9)));
    EXPECT_FALSE(is_current(facts, at(10)));
    facts.expires_at.reset();
    facts.superseded_by = Uuid{};
    EXPECT_FALSE(is_current(facts, at(0)));
}

TEST(StateToken, RoundTripAndStrictness) {
    const StateToken token{0xFFFFFFFFFFFFFFFFULL, 42};
    EXPECT_EQ(StateToken::parse(token.to_string()), token);
    EXPECT_FALSE(StateToken::parse(""));
    EXPECT_FALSE(StateToken::parse("AAAA"));
    EXPECT_FALSE(StateToken::parse(token.to_string() + "A"));
}

}  // namespace
}  // namespace soma::domain
