#include "domain/retrieval/store/columns.h"

#include <gtest/gtest.h>

#include <cmath>

namespace soma::domain {
namespace {

using Name = Columns::Name;

TEST(Columns, NumbersKeepTheOrderOfDoubles) {
    const std::vector<double> ascending = {-INFINITY, -1e300, -1.5, -1, -5e-324, 0,
                                           5e-324,    0.25,   0.5,  1,  1e300,   INFINITY};
    for (std::size_t i = 1; i < ascending.size(); ++i) {
        EXPECT_LT(Columns::number_of(ascending[i - 1]), Columns::number_of(ascending[i])) << i;
    }
    EXPECT_EQ(Columns::number_of(-0.0), Columns::number_of(0.0));
    EXPECT_GT(Columns::number_of(-INFINITY), Columns::absent);
}

TEST(Columns, WhatIsAbsentSatisfiesNothing) {
    Columns columns;
    MemoryFacts facts;
    facts.turn = -5;
    columns.put(70, facts);
    const auto always = [](std::int64_t) { return true; };
    EXPECT_EQ(columns.where(Name::turn, always).count(), 1U);
    EXPECT_TRUE(columns.where(Name::turn, always).test(70));
    EXPECT_EQ(columns.where(Name::turn, always).size(), 71U);
    EXPECT_EQ(columns.where(Name::importance, always).count(), 0U);
    facts.turn.reset();
    columns.put(70, facts);
    EXPECT_EQ(columns.where(Name::turn, always).count(), 0U);
    EXPECT_GT(columns.bytes(), 0U);
}

TEST(Columns, GivesBackTheTimes) {
    Columns columns;
    MemoryFacts facts;
    facts.sequence = 9;
    facts.created_at = Time(std::chrono::microseconds(-3));
    columns.put(0, facts);
    EXPECT_EQ(columns.validity(0), validity_of(facts));
    facts.valid_from = Time(std::chrono::microseconds(1));
    facts.valid_to = Time(std::chrono::microseconds(2));
    facts.expires_at = Time(std::chrono::microseconds(3));
    columns.put(0, facts);
    EXPECT_EQ(columns.validity(0), validity_of(facts));
    columns.put_valid_to(0, Time());
    EXPECT_EQ(columns.validity(0).valid_to, Time());
    EXPECT_EQ(columns.at(Name::sequence, 0), 9);
}

}  // namespace
}  // namespace soma::domain
