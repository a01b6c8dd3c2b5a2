#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace soma {
namespace {

using std::chrono::microseconds;

Time at(std::int64_t micros) {
    return Time(microseconds(micros));
}

TEST(Time, KnownInstants) {
    EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_rfc3339(at(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_rfc3339(at(1'767'323'045'678'901)), "2026-01-02T03:04:05.678901Z");
    EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05.678901Z"), at(1'767'323'045'678'901));
    EXPECT_EQ(parse_rfc3339("2000-02-29T12:00:00Z"), at(951'825'600'000'000));
}

TEST(Time, OffsetsAndDecimalsAreRead) {
    const auto noon = parse_rfc3339("2026-06-01T12:00:00Z");
    ASSERT_TRUE(noon);
    EXPECT_EQ(parse_rfc3339("2026-06-01T14:30:00+02:30"), noon);
    EXPECT_EQ(parse_rfc3339("2026-06-01T00:01:00-11:59"), noon);
    EXPECT_EQ(parse_rfc3339("2026-06-01t12:00:00z"), noon);
    EXPECT_EQ(parse_rfc3339("2026-06-01T12:00:00.5Z"), *noon + microseconds(500'000));
    EXPECT_EQ(parse_rfc3339("2026-06-01T12:00:00.000001Z"), *noon + microseconds(1));
}

TEST(Time, WhatIsNotAnInstantIsRefused) {
    for (const char* text : {"",
                             "2026-06-01",
                             "2026-06-01T12:00:00",
                             "2026-06-01 12:00:00Z",
                             "2026-6-1T12:00:00Z",
                             "2026-06-01T12:00Z",
                             "2026-06-01T12:00:00.Z",
                             "2026-06-01T12:00:00.1234567Z",
                             "2026-06-01T12:00:00,5Z",
                             "2026-06-01T24:00:00Z",
                             "2026-06-01T12:60:00Z",
                             "2026-06-01T23:59:60Z",
                             "2026-02-29T12:00:00Z",
                             "2026-04-31T12:00:00Z",
                             "2026-00-01T12:00:00Z",
                             "2026-13-01T12:00:00Z",
                             "2026-06-00T12:00:00Z",
                             "0000-01-01T00:00:00Z",
                             "10000-01-01T00:00:00Z",
                             "2026-06-01T12:00:00+24:00",
                             "2026-06-01T12:00:00+02:60",
                             "2026-06-01T12:00:00+0200",
                             "2026-06-01T12:00:00Zx",
                             " 2026-06-01T12:00:00Z",
                             "-026-06-01T12:00:00Z",
                             "2026-06-01T12:00:00+2:00"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Time, AnOffsetMayNotLeaveTheFourDigitYears) {
    EXPECT_FALSE(parse_rfc3339("0001-01-01T00:00:00+00:01"));
    EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
    EXPECT_TRUE(parse_rfc3339("0001-01-01T00:01:00+00:01"));
    EXPECT_TRUE(parse_rfc3339("9999-12-31T23:58:59-00:01"));
}

TEST(Time, EveryInstantReadsBackAndOrderIsTheTextsOrder) {
    ASSERT_TRUE(rc::check("round trip", [] {
        const auto first = *parse_rfc3339("0001-01-01T00:00:00Z");
        const auto last = *parse_rfc3339("9999-12-31T23:59:59.999999Z");
        const auto any =
            rc::gen::inRange(first.time_since_epoch().count(), last.time_since_epoch().count());
        const Time a = at(*any);
        const Time b = at(*any);
        RC_ASSERT(parse_rfc3339(format_rfc3339(a)) == a);
        RC_ASSERT((a < b) == (format_rfc3339(a) < format_rfc3339(b)));
    }));
}

TEST(Time, TheClockIsInMicrosecondsAndMovesOn) {
    const Time before = wall_clock_now();
    const Time after = wall_clock_now();
    EXPECT_LE(before, after);
    EXPECT_GT(before, *parse_rfc3339("2025-01-01T00:00:00Z"));
}

TEST(Deadline, RunsOutAndNeverGoesBelowNothing) {
    const Deadline past(std::chrono::milliseconds(-5));
    EXPECT_TRUE(past.passed());
    EXPECT_EQ(past.remaining().count(), 0);
    const Deadline later(std::chrono::hours(1));
    EXPECT_FALSE(later.passed());
    EXPECT_GT(later.remaining(), std::chrono::minutes(59));
    EXPECT_LE(later.remaining(), std::chrono::hours(1));
    EXPECT_EQ(later.plus(std::chrono::hours(1)).at() - later.at(), std::chrono::hours(1));
    EXPECT_FALSE(past.plus(std::chrono::hours(1)).passed());
}

}  // namespace
}  // namespace soma
