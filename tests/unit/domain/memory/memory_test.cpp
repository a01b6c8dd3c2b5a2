#include "domain/memory/memory.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

using std::chrono::microseconds;

Time at(std::int64_t micros) {
    return Time(microseconds(micros));
}

TEST(Supersede, LeavesBehindWhatItChanged) {
    MemoryFacts facts;
    facts.valid_to = at(9);
    supersede(facts, {Uuid{}, 7, at(5), at(4)});
    EXPECT_EQ(facts.superseded_by, Uuid{});
    EXPECT_EQ(facts.superseded_sequence, 7U);
    EXPECT_EQ(facts.superseded_at, at(5));
    EXPECT_EQ(facts.valid_to, at(4));
    EXPECT_EQ(facts.given_valid_to, at(9));
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
